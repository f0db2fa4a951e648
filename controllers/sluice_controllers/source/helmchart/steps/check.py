"""Does the spec ask for things that this build can do?"""

from sluice import runtime
from sluice_api.source.v1 import HelmChart
from sluice_controllers.source import conditions
from sluice_controllers.source.helmchart import failures


async def check(ctx: runtime.Context[HelmChart], chart: HelmChart) -> HelmChart:
    """Look at the spec. Stalls (FetchFailed) on fields that this build would otherwise ignore."""
    if chart.spec.verify is not None:
        raise failures.refused("spec.verify is set, but this build does not verify charts yet")
    ctx.clear_condition(conditions.SOURCE_VERIFIED)
    return chart
