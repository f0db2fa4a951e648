"""The process: watches, caches and workers wired to the reconciler."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Hashable
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp

from sluice import aio, auth, git, kube, runtime, ssa
from sluice.appliers.artifacts import Artifacts
from sluice.appliers.clusters import Cluster, Clusters
from sluice.appliers.configs import ConfigRef, Configs, Kind
from sluice.appliers.dependencies import Dependencies
from sluice.appliers.downloads import Downloads
from sluice.appliers.expressions import Expressions
from sluice.appliers.objects import Objects
from sluice.appliers.routes import Routes, Trust
from sluice.appliers.sources import Sources
from sluice.appliers.tenancy import Tenancy
from sluice.runtime import scratch
from sluice_controllers.kustomize import guarding
from sluice_controllers.kustomize.finalizing import Finalizing
from sluice_controllers.kustomize.keeping import Keeper
from sluice_controllers.kustomize.kustomization import CONTROLLER, KIND, KustomizationReconciler
from sluice_controllers.kustomize.lending import Lending
from sluice_controllers.kustomize.settings import KustomizeSettings
from sluice_controllers.kustomize.steps import (
    applying,
    building,
    depending,
    fetching,
    health,
    pruning,
    reaching,
    refusing,
    sourcing,
    substituting,
    unlocking,
)
from sluice_controllers.kustomize.ways import Ways

Notify = Callable[[Hashable], None]

_BUILDERS = 2
"""Worker processes for builds."""
_BUILD_MEMORY = 2 << 30


async def serve(manager: runtime.Manager, settings: KustomizeSettings) -> None:
    """Run the controller until it is told to stop."""
    async with AsyncExitStack() as stack:
        tasks = await stack.enter_async_context(aio.TaskOwner())
        session = await stack.enter_async_context(aiohttp.ClientSession())
        folder = await stack.enter_async_context(scratch.folder(Path(tempfile.gettempdir()), "sluice-kustomize-"))
        ways = Ways(await stack.enter_async_context(git.Outlet()), folder)
        pool = await stack.enter_async_context(
            aio.WorkerPool(_BUILDERS, preload=("sluice_controllers.kustomize.builds",), memory_bytes=_BUILD_MEMORY)
        )
        manager.metrics.watch_pool("builds", pool)
        artifacts = Artifacts(folder, session, pool)
        stack.push_async_callback(artifacts.close)
        wire(manager, settings, tasks=tasks, artifacts=artifacts, pool=pool, ways=ways)
        await manager.run()


def wire(
    manager: runtime.Manager,
    settings: KustomizeSettings,
    *,
    tasks: aio.TaskOwner,
    artifacts: Artifacts,
    pool: aio.WorkerPool,
    ways: Ways,
) -> runtime.Controller:  # type: ignore[type-arg]
    """The controller, connected to everything that wakes it."""
    client, clock = manager.client, manager.clock

    def notify(token: Hashable) -> None:
        controller.notify(token)

    sources = Sources(client, tasks=tasks, changed=notify, clock=clock, namespace=settings.watch_namespace)
    tenancy = Tenancy(client, default_account=settings.default_service_account)
    configs = _configs(client, settings, tasks, clock, notify)
    expressions = Expressions(tasks, clock)
    manager.metrics.watch_pool("expressions", expressions)
    identities = _identities(manager, settings, tasks, notify)
    known = Clusters(
        client,
        tasks=tasks,
        clock=clock,
        settings=_applying(settings),
        changed=notify,
        listener=lambda: keeper.listener,
        routes=_routes(settings, configs, identities),
        expressions=expressions,
        user_agent=CONTROLLER,
    )
    local = known.local
    own = manager.informer(KIND.resource, labels=settings.watch_label_selector)
    fetched = Downloads(artifacts, tasks=tasks, changed=notify, clock=clock)
    reconciler = KustomizationReconciler(
        refusing=refusing.Refusing(tenancy, local, workload_identity=settings.enabled(auth.GATE)),
        sourcing=_sourcing(settings, sources),
        depending=_depending(settings, own.store, local, expressions),
        variables=substituting.Substituting(configs, strict=settings.enabled("StrictPostBuildSubstitutions")),
        keys=_unlocking(settings, configs, identities),
        fetching=fetching.Fetching(fetched, requeue=settings.requeue_dependency, quiet_tries=settings.http_retry),
        reaching=reaching.Reaching(known),
        building=building.Building(
            pool,
            artifacts,
            None if settings.no_remote_bases else ways,
            lending=_lending(settings, configs, identities),
        ),
        applying=applying.Applying(grouped=settings.enabled("GroupChangeLog")),
        pruning=pruning.Pruning(guarding.Guard(settings.prune_limit)),
        checking=health.Checking(fail_fast=not settings.enabled("DisableFailFastBehavior")),
        finalizing=Finalizing(known, tenancy),
    )
    controller = manager.controller(reconciler, own)
    controller.notify_on(own, depending.OWN.tokens_of)
    keeper = Keeper(own.store, events=manager.events, controller=controller, release=known.release)
    own.add_handler(keeper.seen)
    drift = ssa.DriftWatch(local.resources, listener=keeper.listener, clock=clock)
    manager.service("drift watch", drift.run, leader_only=True)
    return controller


def _sourcing(settings: KustomizeSettings, sources: Sources) -> sourcing.Sourcing:
    return sourcing.Sourcing(
        sources,
        cross_namespace=not settings.no_cross_namespace_refs,
        external=settings.enabled("ExternalArtifact"),
        requeue=settings.requeue_dependency,
    )


def _depending(
    settings: KustomizeSettings, store: kube.Store, local: Cluster, expressions: Expressions
) -> depending.Depending:
    known = Dependencies(
        depending.OWN,
        store,
        Objects(local.readiness, cross_namespace=not settings.no_cross_namespace_refs),
        expressions,
        additive=settings.enabled("AdditiveCELDependencyCheck"),
    )
    return depending.Depending(known, requeue=settings.requeue_dependency)


def _applying(settings: KustomizeSettings) -> ssa.Settings:
    """How objects are applied, in every cluster."""
    return ssa.Settings(
        manager=CONTROLLER,
        override_managers=settings.override_manager,
        concurrency=settings.concurrent_ssa,
        custom_stage=ssa.parse_group_kinds(settings.custom_apply_stage_kinds),
        migrate_api_version=settings.enabled("MigrateAPIVersion"),
    )


def _configs(
    client: kube.Client, settings: KustomizeSettings, tasks: aio.TaskOwner, clock: aio.Clock, changed: Notify
) -> Configs:
    """ConfigMaps and Secrets, watched by label unless that is switched off."""
    return Configs(
        client,
        tasks=tasks,
        changed=changed,
        clock=clock,
        labels="" if settings.enabled("DisableConfigWatchers") else settings.watch_configs_label_selector,
        namespace=settings.watch_namespace,
    )


def _identities(
    manager: runtime.Manager, settings: KustomizeSettings, tasks: aio.TaskOwner, changed: Notify
) -> auth.Identities:
    """Who the controller and the ServiceAccounts are elsewhere."""
    return auth.connect(
        manager.client,
        tasks=tasks,
        clock=manager.clock,
        observer=manager.metrics.tokens,
        changed=changed,
        enabled=settings.enabled(auth.GATE),
        manager=CONTROLLER,
        namespace=settings.watch_namespace,
        size=settings.token_cache_max_size,
        longest=settings.token_cache_max_duration,
    )


def _routes(settings: KustomizeSettings, configs: Configs, identities: auth.Identities) -> Routes:
    """The ways to other clusters."""
    return Routes(
        configs,
        identities,
        trust=Trust(exec_plugins=settings.insecure_kubeconfig_exec, insecure_tls=settings.insecure_kubeconfig_tls),
        default_account=settings.default_kubeconfig_service_account,
    )


def _unlocking(settings: KustomizeSettings, configs: Configs, identities: auth.Identities) -> unlocking.Unlocking:
    """Where the keys come from."""
    return unlocking.Unlocking(
        configs,
        identities,
        age_secret=_own("Secret", settings.sops_age_secret, settings),
        default_account=settings.default_decryption_service_account,
        vaults=_vaults(settings) is not None,
    )


def _lending(settings: KustomizeSettings, configs: Configs, identities: auth.Identities) -> Lending:
    """Where credentials for the keepers of keys come from."""
    return Lending(configs, identities, vaults=_vaults(settings))


def _vaults(settings: KustomizeSettings) -> ConfigRef | None:
    return _own("ConfigMap", settings.sops_vault_configmap, settings)


def _own(kind: Kind, name: str, settings: KustomizeSettings) -> ConfigRef | None:
    """What a flag names; like Flux's it counts only where the controller knows its own namespace."""
    if not name or not settings.runtime_namespace:
        return None
    return ConfigRef(kind=kind, namespace=settings.runtime_namespace, name=name)


def main() -> None:
    """Entry point of `sluice-kustomize-controller`."""
    sys.exit(runtime.main(CONTROLLER, KustomizeSettings, serve))


if __name__ == "__main__":
    main()
