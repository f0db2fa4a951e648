"""The tag with the newest version within a range."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sluice import semver
from sluice.oci.errors import UnmatchedError
from sluice.oci.manifests import HELM_CHART


def newest(tags: Iterable[str], wanted: str, *, media_type: str = "", keep: Callable[[str], bool] | None = None) -> str:
    """The tag of the newest version within `wanted`, of those tags that are kept.

    Of layers of Helm charts, `_` in a tag stands for the `+` that tags cannot have. Pure computation: of 100,000 tags
    it takes about a second, so not for the event loop.

    Raises:
        UnmatchedError: no tag is in the range, or it is none; in Flux's words.
    """
    try:
        constraint = semver.Constraint.parse(wanted)
    except ValueError as error:
        raise UnmatchedError(f"semver '{wanted}' parse error: {error}") from None
    best: tuple[semver.Version, str] | None = None
    for tag in tags:
        if keep is not None and not keep(tag):
            continue
        version = semver.parse(tag.replace("_", "+") if media_type == HELM_CHART else tag)
        if version is not None and constraint.allows(version) and (best is None or best[0] < version):
            best = (version, tag)
    if best is None:
        raise UnmatchedError(f"no match found for semver: {wanted}")
    return best[1]
