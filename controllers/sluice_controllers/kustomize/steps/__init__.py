"""The steps of a Kustomization's reconciliation, one file each; `kustomization` has their order.

A step takes the run as far as it has come and returns it a step further, or raises one of the runtime's outcomes.
"""
