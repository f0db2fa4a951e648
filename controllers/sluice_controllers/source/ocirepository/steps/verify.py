"""Is the manifest signed by whom the spec trusts?"""

from __future__ import annotations

from sluice import runtime
from sluice_api.source.v1 import OCIRepository
from sluice_controllers.source import conditions
from sluice_controllers.source.ocirepository import failures
from sluice_controllers.source.ocirepository.values import Noticed
from sluice_controllers.source.verification.signatures import Signatures, UnverifiedError
from sluice_controllers.source.verification.trusts import TrustError


class Verify:
    """Looks at signatures only of what is not known to be signed as this generation of the spec wants it.

    Sets SourceVerified to True (Succeeded) or False (VerificationError); removes it when nothing is wanted, or when a
    trust policy lets pass what nothing is proven of.
    """

    def __init__(self, signatures: Signatures) -> None:
        self._signatures = signatures

    async def __call__(self, ctx: runtime.Context[OCIRepository], noticed: Noticed) -> Noticed:
        """Fetch and judge them."""
        request = noticed.request
        wanted = request.source.spec.verify
        if wanted is None:
            ctx.clear_condition(conditions.SOURCE_VERIFIED)
            return noticed
        message = f"verified signature of revision {noticed.revision}"
        if _is_known(ctx, noticed.revision, message):
            return noticed
        try:
            verified = await self._signatures.check(
                ctx.namespace, wanted, request.remote, noticed.digest, deadline=request.deadline
            )
        except (TrustError, UnverifiedError) as error:
            raise failures.unverified(error, wanted) from None
        if verified:
            ctx.condition(conditions.SOURCE_VERIFIED, "True", "Succeeded", message)
        else:
            ctx.clear_condition(conditions.SOURCE_VERIFIED)
        return noticed


def _is_known(ctx: runtime.Context[OCIRepository], revision: str, message: str) -> bool:
    """Whether what is stored is this revision, and was verified as the spec is now."""
    stored = ctx.status.get("artifact") or {}
    said = ctx.find_condition(conditions.SOURCE_VERIFIED) or {}
    # The message, too: a revision that was verified and then could not be stored says nothing for the one that is.
    return (
        stored.get("revision") == revision
        and said.get("status") == "True"
        and said.get("observedGeneration") == ctx.generation
        and said.get("message") == message
    )
