"""Releases as Helm 4 and Flux's helm-controller know them: names, values, digests, and the records in the storage.

Pure and synchronous, like the rest of the engine: mappings and text in, mappings and text out.
"""
