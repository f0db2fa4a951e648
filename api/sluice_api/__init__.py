"""The API types: one package per API group, one module per version. The source of truth for the CRDs."""
