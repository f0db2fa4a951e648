"""What a release is to consist of: the chart of a pass, rendered for the cluster that it goes to, in a worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol, TypeVar, TypeVarTuple

from sluice import aio, kube
from sluice.appliers.lookups import Lookups
from sluice.helm.errors import HelmError
from sluice.helm.releases import rendering
from sluice.helm.releases.postrendering import Strategy
from sluice_controllers.helm import postrenderers, values
from sluice_controllers.helm.actions.working import Failure
from sluice_controllers.helm.revisions import Content
from sluice_controllers.helm.values import Run

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

_VERSION_SECONDS: Final = 600.0
"""How long a cluster's version is taken for what it was."""


class Making(Protocol):
    """Makes revisions. The errors of charts, values and templates are Failures."""

    async def definitions(self, run: Run) -> Sequence[dict[str, Any]]:
        """The definitions of kinds that the chart brings along."""

    async def content(
        self, run: Run, given: Mapping[str, Any], *, namespace: str, revision: int, is_upgrade: bool
    ) -> Content:
        """What the revision consists of, with these values over the chart's own."""


class Rendering:
    """Makes revisions by Helm's own engine."""

    def __init__(self, pool: aio.WorkerPool, lookups: Lookups, clock: aio.Clock, *, allow_dns: bool) -> None:
        self._pool = pool
        self._lookups = lookups
        self._clock = clock
        self._allow_dns = allow_dns
        self._versions: dict[str, tuple[float, str]] = {}

    async def definitions(self, run: Run) -> Sequence[dict[str, Any]]:
        """See `Making`."""
        order = rendering.Order(
            chart=_package(run),
            name=run.release_name,
            namespace=run.release_namespace,
            values=run.values,
            kube_version=await self._version(run),
        )
        return (await self._run(run, rendering.defined, order)).objects

    async def content(
        self, run: Run, given: Mapping[str, Any], *, namespace: str, revision: int, is_upgrade: bool
    ) -> Content:
        """See `Making`."""
        chosen = run.spec.upgrade if is_upgrade else run.spec.install
        client = run.cluster.resources.client_as(run.actor)
        marks = postrenderers.of(run.spec, namespace=run.owner.namespace, name=run.owner.name)
        with self._lookups.visit(client) as visit:
            order = rendering.Order(
                chart=_package(run),
                name=run.release_name,
                namespace=namespace,
                revision=revision,
                is_upgrade=is_upgrade,
                values=given,
                chart_version=run.chart.version if run.chart else "",
                kube_version=await self._version(run),
                api_versions=await _api_versions(client),
                disable_schema_validation=bool(chosen and chosen.disable_schema_validation),
                allow_dns=self._allow_dns,
                lookup=visit.address,
                strategy=Strategy(run.spec.post_render_strategy or "combined"),
            )
            try:
                return await self._run(run, rendering.render, order, marks)
            except Failure:
                if visit.failure is not None:
                    # The cluster could not be asked: that is not the chart's fault.
                    raise visit.failure from None
                raise

    async def _run(self, run: Run, work: Callable[[*Ts], T], *given: *Ts) -> T:
        try:
            return await self._pool.run(work, *given, timeout=values.timeout(run.spec))
        except (HelmError, aio.WorkerError) as error:
            raise Failure(str(error)) from None

    async def _version(self, run: Run) -> str:
        key, now = run.cluster.key, self._clock.monotonic()
        asked, version = self._versions.get(key, (0.0, ""))
        if not version or now - asked > _VERSION_SECONDS:
            found = await run.cluster.resources.client_as("").raw("GET", "/version")
            version = str(found["gitVersion"])
            self._versions[key] = now, version
        return version


def _package(run: Run) -> Any:
    assert run.chart is not None
    assert run.chart.package is not None
    return run.chart.package


async def _api_versions(client: kube.Client) -> tuple[str, ...]:
    """All that the server serves: versions, and kinds in them."""
    resources = [one.resource for one in await client.discovery.served()]
    found = {each.api_version for each in resources} | {f"{each.api_version}/{each.kind}" for each in resources}
    return tuple(sorted(found))
