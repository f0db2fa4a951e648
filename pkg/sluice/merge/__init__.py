"""The four merges of Kubernetes: JSON patch, merge patch, strategic merge, structured merge (server-side apply).

Pure functions from documents to documents. Inputs are never changed; what a merge leaves alone is shared
with them.

- `json_patch`, `merge_patch`, `strategic`: what a PATCH request of that type makes of a document;
- `create_merge_patch`, `create_strategic`: the patches that lead from one document to another;
- `apply`, `update`: what a write makes of an object and its managedFields; `reset_fields` says what an
  endpoint ignores;
- `pick`: the part of an object that a set of fields names;
- `keep_times`: for the final object, after defaulting, so that a write that changes nothing stores nothing.

Errors and their texts are those of the API server; `errors` draws the tree.
"""

from typing import TYPE_CHECKING

from sluice import lazy
from sluice.merge.errors import (
    AppliedObjectError,
    JSONPatchError,
    ManagedFieldsError,
    MergeError,
    MistypedError,
    StrategicPatchError,
)
from sluice.merge.jsonpatch import json_patch
from sluice.merge.mergepatch import create_merge_patch, merge_patch

if TYPE_CHECKING:
    from sluice.merge.conflicts import Conflict, Conflicts
    from sluice.merge.fieldsets import FieldSet
    from sluice.merge.picking import pick
    from sluice.merge.resets import reset_fields
    from sluice.merge.serverside import apply, keep_times, update
    from sluice.merge.strategicdiff import create_strategic
    from sluice.merge.strategicpatch import strategic
else:
    # A build of manifests wants JSON patches alone: schemas and field sets are imported when they are used.
    __getattr__ = lazy.attributes(
        __name__,
        {
            "Conflict": "conflicts",
            "Conflicts": "conflicts",
            "FieldSet": "fieldsets",
            "apply": "serverside",
            "create_strategic": "strategicdiff",
            "keep_times": "serverside",
            "pick": "picking",
            "reset_fields": "resets",
            "strategic": "strategicpatch",
            "update": "serverside",
        },
    )

__all__ = [
    "AppliedObjectError",
    "Conflict",
    "Conflicts",
    "FieldSet",
    "JSONPatchError",
    "ManagedFieldsError",
    "MergeError",
    "MistypedError",
    "StrategicPatchError",
    "apply",
    "create_merge_patch",
    "create_strategic",
    "json_patch",
    "keep_times",
    "merge_patch",
    "pick",
    "reset_fields",
    "strategic",
    "update",
]
