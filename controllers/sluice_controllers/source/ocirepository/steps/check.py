"""Does the spec ask for things that this build can do?"""

from sluice import runtime
from sluice_api.source.v1 import OCIRepository
from sluice_controllers.source import conditions, failures


async def check(ctx: runtime.Context[OCIRepository], source: OCIRepository) -> OCIRepository:
    """Look at the spec. Stalls (FetchFailed) on fields that this build would otherwise ignore."""
    if source.spec.verify is not None:
        text = "spec.verify is set, but this build does not do verifying signatures of artifacts yet"
        raise failures.refused(failures.UNSUPPORTED, text)
    ctx.clear_condition(conditions.SOURCE_VERIFIED)
    return source
