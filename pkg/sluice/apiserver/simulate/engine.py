"""When each simulated controller runs: on changes of its object, of what the object owns, and when it asked to."""

from collections.abc import Callable, Mapping
from typing import Final

import structlog

from sluice import aio
from sluice.apiserver import errors
from sluice.apiserver.cluster import Cluster
from sluice.apiserver.housekeeping import following
from sluice.apiserver.simulate import (
    autoscalers,
    budgets,
    claims,
    daemonsets,
    deployments,
    jobs,
    nodes,
    pods,
    replicasets,
    services,
    statefulsets,
)
from sluice.apiserver.simulate.hands import Hands, controller
from sluice.apiserver.simulate.options import Mode, Options
from sluice.apiserver.storage import entries
from sluice.apiserver.storage.entries import Key, Object

Reconcile = Callable[[Hands, Object], float | None]
"""Does what is to be done for an object now; says in how many seconds it wants to be called again at the latest."""

CONTROLLERS: Final[Mapping[str, Reconcile]] = {
    "deployments.apps": deployments.reconcile,
    "replicasets.apps": replicasets.reconcile,
    "statefulsets.apps": statefulsets.reconcile,
    "daemonsets.apps": daemonsets.reconcile,
    "jobs.batch": jobs.reconcile,
    "pods": pods.reconcile,
    "persistentvolumeclaims": claims.reconcile,
    "services": services.reconcile,
    "poddisruptionbudgets.policy": budgets.reconcile,
    "horizontalpodautoscalers.autoscaling": autoscalers.reconcile,
}
_OWNERS: Final = {
    "Deployment": "deployments.apps",
    "ReplicaSet": "replicasets.apps",
    "StatefulSet": "statefulsets.apps",
    "DaemonSet": "daemonsets.apps",
    "Job": "jobs.batch",
}
_SHORTEST: Final = 0.01
_log = structlog.get_logger()


async def run(cluster: Cluster, options: Options | None = None) -> None:
    """Simulate until the store closes."""
    chosen = options or Options()
    if chosen.mode is Mode.OFF:
        return
    async with aio.TaskOwner() as tasks:
        simulation = Simulation(Hands(cluster, chosen), tasks)
        simulation.begin()
        await following.follow(cluster, simulation.take, simulation.settle)
        simulation.end()


class Simulation:
    """The objects that want a look, and the timers of those that want one later."""

    def __init__(self, hands: Hands, tasks: aio.TaskOwner) -> None:
        self._hands = hands
        self._tasks = tasks
        self._dirty: dict[Key, None] = {}
        self._due: dict[Key, float] = {}
        self._ended = False

    def begin(self) -> None:
        """Have a look at everything there is."""
        if self._hands.options.mode is Mode.HEALTHY:
            nodes.ensure(self._hands)
        for resource in CONTROLLERS:
            for entry in self._hands.cluster.store.list(resource).entries:
                self._dirty[entry.key] = None

    def end(self) -> None:
        """Let no timer act any more."""
        self._ended = True

    def take(self, event: entries.Event) -> None:
        """Notice whom a change concerns."""
        key, obj = event.entry.key, event.entry.object
        if event.type == "DELETED":
            self._hands.forget(obj)
        elif key.resource in CONTROLLERS:
            self._dirty[key] = None
        owner = controller(obj)
        if owner is not None and owner["kind"] in _OWNERS:
            self._dirty[Key(_OWNERS[owner["kind"]], key.namespace, owner["name"])] = None
        watchers = {"pods": "poddisruptionbudgets.policy"}.get(key.resource)
        if key.resource in ("deployments.apps", "statefulsets.apps", "replicasets.apps"):
            watchers = "horizontalpodautoscalers.autoscaling"
        if watchers is not None:
            for entry in self._hands.cluster.store.list(watchers, key.namespace).entries:
                self._dirty[entry.key] = None

    def settle(self) -> None:
        """Call the controllers of what changed. What they write comes back as changes, and so as the next batch."""
        dirty, self._dirty = self._dirty, {}
        for key in dirty:
            entry = self._hands.cluster.store.get(key)
            if entry is not None:
                self._reconcile(key, entry.object)

    def _reconcile(self, key: Key, obj: Object) -> None:
        later = None
        try:
            later = CONTROLLERS[key.resource](self._hands, obj)
        except errors.StatusError as error:
            # A write refused concerns one object; it must not stop the others.
            place = {"resource": key.resource, "namespace": key.namespace, "name": key.name}
            _log.warning("simulated controller refused", error=str(error), **place)
        if later is not None:
            self._call_later(key, later)

    def _call_later(self, key: Key, seconds: float) -> None:
        # What is left of a delay may be less than a clock can tell; waiting for that would never end.
        seconds = max(seconds, _SHORTEST)
        due = self._hands.cluster.clock.monotonic() + seconds
        if key not in self._due or due < self._due[key]:
            self._due[key] = due
            self._tasks.spawn(self._wake(key, due, seconds), name=f"simulate {key}")

    async def _wake(self, key: Key, due: float, seconds: float) -> None:
        await self._hands.cluster.clock.sleep(seconds)
        if self._due.get(key) == due:
            del self._due[key]
        if not self._ended:
            self._dirty[key] = None
            self.settle()
