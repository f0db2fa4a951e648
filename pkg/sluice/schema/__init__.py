"""OpenAPI schemas of Kubernetes kinds, built in or from CRDs: what an object holds, and how its lists merge.

Pure lookups; validation of objects against them is `sluice.apiserver`'s, merging by them is `sluice.merge`'s.

- `builtin(gvk)` and `structural(openAPIV3Schema)` give a `Schema`, one node of a tree that resolves as it is
  walked;
- `builtin_kinds()` is the table of every resource that Kubernetes 1.36 serves by default, in discovery's
  order;
- `definitions()` are the built-in kinds' OpenAPI v3 component schemas, for publishing.

`definitions.json` is generated from the `kubernetes-validate` wheel by `hack/pack_schemas.py`; `kinds.json`
is kept by hand.
"""

from sluice.schema.kinds import GVK, BuiltinKind, Subresource, builtin_kinds
from sluice.schema.nodes import MISSING, OBJECT_META, Missing, Schema, builtin, named, structural
from sluice.schema.packed import definitions

__all__ = [
    "GVK",
    "MISSING",
    "OBJECT_META",
    "BuiltinKind",
    "Missing",
    "Schema",
    "Subresource",
    "builtin",
    "builtin_kinds",
    "definitions",
    "named",
    "structural",
]
