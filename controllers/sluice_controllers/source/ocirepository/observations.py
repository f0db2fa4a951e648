"""What of the spec the artifact in storage was made with: `status.observed…`, and whether that still holds."""

from __future__ import annotations

from typing import Any, Final

from sluice import runtime
from sluice_api.source.v1 import OCIRepository

_FIELDS: Final = {"ignore": "observedIgnore", "layerSelector": "observedLayerSelector"}
"""Fields of the spec that make the artifact what it is, and where the status keeps what they were."""


def hold(ctx: runtime.Context[OCIRepository], source: OCIRepository) -> bool:
    """Whether the artifact in storage is as the spec asks for, were it made today from the same revision."""
    spec = source.spec.model_dump(by_alias=True, exclude_none=True)
    return all(spec.get(field) == ctx.status.get(observed) for field, observed in _FIELDS.items())


def record(ctx: runtime.Context[Any], source: OCIRepository) -> None:
    """Note what of the spec the new artifact was made with."""
    spec = source.spec.model_dump(by_alias=True, exclude_none=True)
    for field, observed in _FIELDS.items():
        if field in spec:
            ctx.status[observed] = spec[field]
        else:
            ctx.status.pop(observed, None)
