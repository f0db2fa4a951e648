"""The kustomize engine: files in, objects out.

Pure and synchronous: no network, no Kubernetes client, no event loop. What is remote comes through a loader that the caller injects.
"""
