"""The process: watches, caches and workers wired to the reconciler."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Hashable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from sluice import aio, auth, kube, runtime, ssa
from sluice.appliers.artifacts import Artifacts
from sluice.appliers.clusters import Cluster, Clusters
from sluice.appliers.configs import Configs
from sluice.appliers.dependencies import Dependencies
from sluice.appliers.downloads import Downloads
from sluice.appliers.expressions import Expressions
from sluice.appliers.lookups import Lookups
from sluice.appliers.objects import Objects
from sluice.appliers.routes import Routes, Trust
from sluice.appliers.sources import Sources
from sluice.appliers.tenancy import Tenancy
from sluice.runtime import scratch
from sluice_controllers.helm.acting import Actions
from sluice_controllers.helm.carrying import Carrying
from sluice_controllers.helm.charts import Charts
from sluice_controllers.helm.doing import Doing
from sluice_controllers.helm.finalizing import Finalizing
from sluice_controllers.helm.helmcharts import HelmCharts
from sluice_controllers.helm.helmrelease import CONTROLLER, KIND, HelmReleaseReconciler
from sluice_controllers.helm.making import Rendering
from sluice_controllers.helm.settings import HelmSettings
from sluice_controllers.helm.steps import (
    charting,
    composing,
    depending,
    fetching,
    reaching,
    refusing,
    releasing,
    retargeting,
    sourcing,
)

Notify = Callable[[Hashable], None]

_WORKERS = 2
"""Worker processes for what users write: values, charts, templates."""
_MEMORY = 2 << 30
PRELOAD = ("sluice_controllers.helm.composing", "sluice.helm.releases.rendering")


async def serve(manager: runtime.Manager, settings: HelmSettings) -> None:
    """Run the controller until it is told to stop."""
    async with AsyncExitStack() as stack:
        tasks = await stack.enter_async_context(aio.TaskOwner())
        session = await stack.enter_async_context(aiohttp.ClientSession())
        folder = await stack.enter_async_context(scratch.folder(Path(tempfile.gettempdir()), "sluice-helm-"))
        pool = await stack.enter_async_context(aio.WorkerPool(_WORKERS, preload=PRELOAD, memory_bytes=_MEMORY))
        manager.metrics.watch_pool("charts", pool)
        artifacts = Artifacts(folder, session, None)
        stack.push_async_callback(artifacts.close)
        lookups = await stack.enter_async_context(Lookups())
        wire(manager, settings, tasks=tasks, artifacts=artifacts, pool=pool, lookups=lookups)
        await manager.run()


@dataclass(frozen=True, kw_only=True)
class _Parts:
    """What most of the wiring needs."""

    manager: runtime.Manager
    settings: HelmSettings
    tasks: aio.TaskOwner
    notify: Notify

    @property
    def client(self) -> kube.Client:
        return self.manager.client

    @property
    def clock(self) -> aio.Clock:
        return self.manager.clock


def wire(
    manager: runtime.Manager,
    settings: HelmSettings,
    *,
    tasks: aio.TaskOwner,
    artifacts: Artifacts,
    pool: aio.WorkerPool,
    lookups: Lookups,
) -> runtime.Controller:  # type: ignore[type-arg]
    """The controller, connected to everything that wakes it."""

    def notify(token: Hashable) -> None:
        controller.notify(token)

    parts = _Parts(manager=manager, settings=settings, tasks=tasks, notify=notify)
    expressions = Expressions(tasks, manager.clock)
    manager.metrics.watch_pool("expressions", expressions)
    configs = _configs(parts)
    known = _clusters(parts, configs, expressions)
    own = manager.informer(KIND.resource, labels=settings.watch_label_selector)
    making = Rendering(pool, lookups, manager.clock, allow_dns=settings.enabled("AllowDNSLookups"))
    actions = Doing(Carrying(making, pool, manager.clock), pool, manager.clock)
    reconciler = _reconciler(
        parts, own.store, configs, known, expressions, actions=actions, artifacts=artifacts, pool=pool
    )
    controller = manager.controller(reconciler, own)
    controller.notify_on(own, depending.OWN.tokens_of)
    own.add_handler(lambda event: _forget(known, event))
    return controller


def _reconciler(
    parts: _Parts,
    store: kube.Store,
    configs: Configs,
    known: Clusters,
    expressions: Expressions,
    *,
    actions: Actions,
    artifacts: Artifacts,
    pool: aio.WorkerPool,
) -> HelmReleaseReconciler:
    settings, tasks, clock = parts.settings, parts.tasks, parts.clock
    cross, requeue = not settings.no_cross_namespace_refs, settings.requeue_dependency
    tenancy = Tenancy(parts.client, default_account=settings.default_service_account)
    sources = Sources(
        parts.client,
        tasks=tasks,
        changed=parts.notify,
        clock=clock,
        namespace=settings.watch_namespace,
        state=sourcing.state,
    )
    downloads = Downloads(artifacts, tasks=tasks, changed=parts.notify, clock=clock)
    made = HelmCharts(
        parts.client, manager=CONTROLLER, lives=lambda owner: store.get(owner.namespace, owner.name) is not None
    )
    charts = charting.Charting(made, sources, cross_namespace=cross)
    fetched = fetching.Fetching(
        Charts(artifacts, downloads, pool, seconds=settings.http_timeout),
        requeue=requeue,
        quiet_tries=settings.http_retry,
        track_digests=not settings.enabled("DisableChartDigestTracking"),
    )
    return HelmReleaseReconciler(
        refusing=refusing.Refusing(tenancy, known.local),
        charting=charts,
        depending=_depending(settings, store, known.local, expressions),
        sourcing=sourcing.Sourcing(
            sources, cross_namespace=cross, external=settings.enabled("ExternalArtifact"), requeue=requeue
        ),
        composing=composing.Composing(configs, pool),
        fetching=fetched,
        reaching=reaching.Reaching(known),
        retargeting=retargeting.Retargeting(actions),
        releasing=releasing.Releasing(actions, fetched, retry=settings.enabled("DefaultToRetryOnFailure")),
        finalizing=Finalizing(actions, charts, known, tenancy),
    )


def _depending(
    settings: HelmSettings, store: kube.Store, local: Cluster, expressions: Expressions
) -> depending.Depending:
    known = Dependencies(
        depending.OWN,
        store,
        Objects(local.readiness, cross_namespace=not settings.no_cross_namespace_refs),
        expressions,
        additive=settings.enabled("AdditiveCELDependencyCheck"),
    )
    return depending.Depending(known, requeue=settings.requeue_dependency)


def _configs(parts: _Parts) -> Configs:
    """ConfigMaps and Secrets, watched by label unless that is switched off."""
    settings = parts.settings
    return Configs(
        parts.client,
        tasks=parts.tasks,
        changed=parts.notify,
        clock=parts.clock,
        labels="" if settings.enabled("DisableConfigWatchers") else settings.watch_configs_label_selector,
        namespace=settings.watch_namespace,
    )


def _clusters(parts: _Parts, configs: Configs, expressions: Expressions) -> Clusters:
    """The clusters that are released to."""
    settings = parts.settings
    identities = auth.connect(
        parts.client,
        tasks=parts.tasks,
        clock=parts.clock,
        observer=parts.manager.metrics.tokens,
        changed=parts.notify,
        enabled=settings.enabled(auth.GATE),
        manager=CONTROLLER,
        namespace=settings.watch_namespace,
        size=settings.token_cache_max_size,
        longest=settings.token_cache_max_duration,
    )
    return Clusters(
        parts.client,
        tasks=parts.tasks,
        clock=parts.clock,
        settings=ssa.Settings(manager=CONTROLLER, override_managers=settings.override_manager),
        changed=parts.notify,
        listener=lambda: _NOBODY,
        routes=Routes(
            configs,
            identities,
            trust=Trust(exec_plugins=settings.insecure_kubeconfig_exec, insecure_tls=settings.insecure_kubeconfig_tls),
            default_account=settings.default_kubeconfig_service_account,
        ),
        expressions=expressions,
        user_agent=CONTROLLER,
    )


_NOBODY = ssa.Listener(
    allowed=lambda owner: False,
    repaired=lambda owner, change: None,
    failed=lambda owner, identity: None,
    contested=lambda owner, identity, rival, delay: None,
)
"""Nothing is put back but by passes: a release is more than the objects that were applied."""


def _forget(known: Clusters, event: kube.Event) -> None:
    """Follow nothing in the name of a HelmRelease that is gone, though another one may have its name."""
    metadata = event.object["metadata"]
    if event.kind == "DELETED" or (event.old is not None and event.old["metadata"].get("uid") != metadata.get("uid")):
        known.release(ssa.Owner(namespace=metadata.get("namespace") or "", name=metadata["name"]))


def main() -> None:
    """Entry point of `sluice-helm-controller`."""
    sys.exit(runtime.main(CONTROLLER, HelmSettings, serve))


if __name__ == "__main__":
    main()
