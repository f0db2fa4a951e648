"""The API types: one package per API group, one module per version. The source of truth for the CRDs.

`sluice_api.meta` holds what the groups share, `sluice_api.crd` turns a type into its
CustomResourceDefinition.
Types say what an object may contain; what a controller does with it is the controller's.
"""
