"""What of the spec the artifact in storage was made with: `status.observed…`, and whether that still holds."""

from __future__ import annotations

from typing import Any, Final

from sluice import runtime
from sluice.git import verifying
from sluice_api.source.v1 import GitRepository
from sluice_controllers.source import conditions

_FIELDS: Final = {
    "ignore": "observedIgnore",
    "include": "observedInclude",
    "recurseSubmodules": "observedRecurseSubmodules",
    "sparseCheckout": "observedSparseCheckout",
}
"""Fields of the spec that make the artifact what it is, and where the status keeps what they were."""
_BOTH: Final = "TagAndHEAD"
_MODES: Final[dict[str, verifying.Mode]] = {"Tag": "Tag", _BOTH: _BOTH}


def hold(ctx: runtime.Context[GitRepository], source: GitRepository) -> bool:
    """Whether the artifact in storage is as the spec asks for, were it made today from the same revision."""
    spec = _wanted(source)
    return _is_verified(ctx, source) and all(
        spec.get(field) == ctx.status.get(observed) for field, observed in _FIELDS.items()
    )


def record(ctx: runtime.Context[Any], source: GitRepository) -> None:
    """Note what of the spec the new artifact was made with."""
    spec = _wanted(source)
    for field, observed in _FIELDS.items():
        if field in spec:
            ctx.status[observed] = spec[field]
        else:
            ctx.status.pop(observed, None)


def mode(source: GitRepository) -> verifying.Mode | None:
    """Which Git objects must be signed; None when none."""
    wanted = source.spec.verify
    # `head` is how HEAD was once written.
    return None if wanted is None else _MODES.get(wanted.mode, "HEAD")


def _wanted(source: GitRepository) -> dict[str, Any]:
    """The spec as it is written; what says nothing is left out, as the API server does with what is recorded."""
    spec = source.spec.model_dump(by_alias=True, exclude_none=True)
    return {field: value for field, value in spec.items() if field == "ignore" or value not in (False, [])}


def _is_verified(ctx: runtime.Context[GitRepository], source: GitRepository) -> bool:
    wanted = mode(source)
    if wanted is None:
        return True
    found = ctx.find_condition(conditions.SOURCE_VERIFIED)
    # One that is False is about another revision: this one is looked at again, so that it says which holds.
    return found is not None and found["status"] == "True" and source.status.source_verification_mode in (wanted, _BOTH)
