"""What a HelmChart can fail of, as outcomes of a pass: Flux's reasons and texts."""

from typing import Any, Final

from sluice import aio, runtime
from sluice.helm import charts
from sluice_api.source.v1 import HelmChartVerification
from sluice_controllers.source import failures
from sluice_controllers.source.conditions import BUILD_FAILED, FETCH_FAILED, SOURCE_VERIFIED
from sluice_controllers.source.verification import signatures
from sluice_controllers.source.verification.signatures import VERIFICATION_ERROR

_REASONS: Final[dict[type[charts.BuildError], str]] = {
    charts.ReferenceFault: "InvalidChartReference",
    charts.PullFault: "ChartPullError",
    charts.VersionFault: "MetadataPatchError",
    charts.ValuesFault: "ValuesFilesError",
    charts.DependencyFault: "DependencyBuildError",
    charts.PackageFault: "ChartPackageError",
    charts.BuildError: "Unknown",
}
_OF_FETCHING: Final = (charts.ReferenceFault, charts.PullFault)
_LASTING: Final = (charts.ReferenceFault, charts.VersionFault, charts.ValuesFault)
"""What only another chart, or another specification, can mend."""


def building(ctx: runtime.Context[Any], error: charts.BuildError) -> runtime.OutcomeError:
    """No package could be made of the chart."""
    fetching = isinstance(error, _OF_FETCHING) or type(error) is charts.BuildError
    ctx.clear_condition(BUILD_FAILED if fetching else FETCH_FAILED)
    condition = FETCH_FAILED if fetching else BUILD_FAILED
    policy = runtime.Stalled if isinstance(error, _LASTING) else runtime.Transient
    return policy(_REASONS[type(error)], str(error), condition=condition)


def unverified(ctx: runtime.Context[Any], cause: str) -> runtime.Transient:
    """The chart is not signed by whom the spec trusts. Flux has two reasons for it: of the build, and of Ready."""
    text = f"chart verification error: {cause}"
    ctx.clear_condition(FETCH_FAILED)
    ctx.condition(BUILD_FAILED, "True", "ChartVerificationError", text)
    ctx.event("Warning", "ChartVerificationError", text)
    return runtime.Transient(VERIFICATION_ERROR, text, condition=SOURCE_VERIFIED, event=None)


def untrusting(error: Exception, wanted: HelmChartVerification) -> runtime.Transient:
    """It cannot be told whom the spec trusts."""
    text = f"failed to verify the signature using provider '{signatures.named(wanted)}': {error}"
    return runtime.Transient(VERIFICATION_ERROR, text, condition=SOURCE_VERIFIED)


def working(chart: str, error: aio.WorkerError) -> charts.BuildError:
    """The worker did not come to an end with the chart."""
    what = {
        aio.WorkerTimeout: "takes too long to read and to pack",
        aio.WorkerOutOfMemory: "takes more memory than a worker may use",
    }.get(type(error), "ended the process that was reading it")
    return charts.PackageFault(f"chart '{chart}' {what}")


def missing_source(kind: str, name: str) -> runtime.Waiting:
    """The source is not there; whoever makes it wakes the chart."""
    text = f'failed to get source: {kind}.source.toolkit.fluxcd.io "{name}" not found'
    return runtime.Waiting("SourceUnavailable", text, condition=FETCH_FAILED, event="Warning")


def missing_artifact(kind: str, name: str, *, since: float | None) -> runtime.Waiting:
    """The source has no artifact yet; the first one wakes the chart."""
    text = f"no artifact available for {kind} source '{name}'"
    return runtime.Waiting("NoSourceArtifact", text, condition=FETCH_FAILED, since=since)


def unauthorised(error: charts.BuildError) -> runtime.Transient:
    """The repository does not let us in, or is not trusted."""
    text = f"failed to authenticate with the Helm repository: {error}"
    return failures.fetching(failures.AUTHENTICATION_FAILED, text)


def without_login(text: str) -> runtime.Transient:
    """The login of the repository cannot be had."""
    return failures.fetching(failures.AUTHENTICATION_FAILED, text)
