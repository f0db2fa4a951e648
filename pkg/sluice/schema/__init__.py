"""OpenAPI schemas of Kubernetes kinds: the built-in definitions, structural schemas of CRDs, and how lists merge.

Pure lookups; validation of objects against them is `sluice.apiserver`'s, merging by them is `sluice.merge`'s.
"""
