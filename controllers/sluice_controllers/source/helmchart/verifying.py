"""Is a chart of a registry signed by whom the HelmChart trusts?"""

from __future__ import annotations

from typing import Any

from sluice import runtime
from sluice_api.source.v1 import HelmChart
from sluice_controllers.source import conditions
from sluice_controllers.source.helmchart import failures
from sluice_controllers.source.helmchart.shelves import Found, Shelf
from sluice_controllers.source.verification.signatures import Signatures, UnverifiedError
from sluice_controllers.source.verification.trusts import TrustError


class Verification:
    """Looks at signatures only of what is not known to be signed as this generation of the spec wants it.

    Sets SourceVerified to True (Succeeded) or False (VerificationError); removes it when a trust policy
    lets pass what nothing is proven of.
    """

    def __init__(self, signatures: Signatures) -> None:
        self._signatures = signatures

    async def check(
        self, ctx: runtime.Context[Any], chart: HelmChart, shelf: Shelf, found: Found, version: str, deadline: float
    ) -> Found:
        """The chart, by the digest that is signed: a tag may lead elsewhere by the time that it is fetched.

        `version` is the package's. Raises an OutcomeError, ShelfError or AccessError.
        """
        wanted = chart.spec.verify
        message = f"verified signature of version {version}"
        if wanted is None or _is_known(ctx, version, message):
            return found
        pinned = await shelf.pin(found)
        if pinned is None:
            raise failures.unverified(ctx, "not implemented for repositories over HTTP")
        remote, digest = pinned
        try:
            verified = await self._signatures.check(ctx.namespace, wanted, remote, digest, deadline=deadline)
        except TrustError as error:
            raise failures.untrusting(error, wanted) from None
        except UnverifiedError as error:
            raise failures.unverified(ctx, f"failed to verify {found.address}: {error}") from None
        if verified:
            ctx.condition(conditions.SOURCE_VERIFIED, "True", "Succeeded", message)
        else:
            ctx.clear_condition(conditions.SOURCE_VERIFIED)
        return found.at(digest)


def _is_known(ctx: runtime.Context[Any], version: str, message: str) -> bool:
    """Whether the package in storage is of this version, and was verified and made as the spec is now."""
    stored = ctx.find_condition(conditions.ARTIFACT_IN_STORAGE) or {}
    said = ctx.find_condition(conditions.SOURCE_VERIFIED) or {}
    return (
        (ctx.status.get("artifact") or {}).get("revision") == version
        and stored.get("observedGeneration") == said.get("observedGeneration") == ctx.generation
        and (said.get("status"), said.get("message")) == ("True", message)
    )
