"""How long many Kustomizations take until all are applied and healthy (mean time to production), and what that costs.

Usage: python hack/bench mttp --objects N [--cluster KUBECONFIG] [--against FOLDER]

N Kustomizations of one source, all created at once: each applies a ServiceAccount, a Service, a Deployment scaled to
zero and an Ingress, with `wait`, `targetNamespace`, a variable of `postBuild`, and as a ServiceAccount. Then a commit
changes all of their objects, then each is asked to reconcile and finds nothing to do. In the same run, on the same
server: the bare server-side apply of the same 4N objects, and the same applies again, unchanged.

Requests and CPU time are the controller's own: its metric `rest_client_requests_total`, and what the kernel counts for
it and its worker processes. FOLDER holds the programs `source-controller` and `kustomize-controller` to compare with;
the CRDs that they want beside ours have to be in the cluster.
"""

import argparse
import asyncio
import contextlib
import os
import pathlib
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from sluice import kube, testing
from sluice.testing import builders, clusters, metrics, polling, processes

AT_ONCE = 20
FLAGS = (f"--concurrent={AT_ONCE}", "--requeue-dependency=5s", "--kube-api-qps=500")
NAME, TARGET, FLOOR = "bench", "bench-target", "bench-floor"
ACCOUNT = "applier"
OWN = "kustomize.toolkit.fluxcd.io/v1"
PATIENCE = 1800.0

Object = dict[str, Any]


def manifests(name: str, *, tag: str = "1") -> list[Object]:
    """The four objects of one app; `tag` changes all of them."""
    labels = {"app": name}
    meta = {"name": name, "labels": {"tag": tag}}
    pod = {
        "metadata": {"labels": labels},
        "spec": {"serviceAccountName": name, "containers": [{"name": "app", "image": f"example.com/app:{tag}"}]},
    }
    backend = {"service": {"name": name, "port": {"number": 80}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta},
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": meta,
            "spec": {"selector": labels, "ports": [{"port": 80}]},
        },
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": meta,
            "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": pod},
        },
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "metadata": meta,
            "spec": {"rules": [{"host": f"{name}.example.com", "http": {"paths": [path]}}]},
        },
    ]


def files(tag: str) -> dict[str, Object]:
    """The folder that all Kustomizations build."""
    return {f"{obj['kind'].lower()}.yaml": obj for obj in manifests("${name}", tag=tag)}


@dataclass
class Meter:
    """What a controller has used up since the last look."""

    process: processes.Process
    _cpu: float = 0.0
    _requests: float = 0.0

    async def begin(self) -> None:
        """Count from now."""
        self._cpu, self._requests = self._used(), await self._sent()

    async def end(self) -> tuple[float, float]:
        """CPU seconds and requests since `begin`."""
        return self._used() - self._cpu, await self._sent() - self._requests

    def peak(self) -> float:
        """The most memory that it and its workers had resident, summed, in MiB."""
        return sum(_status(pid, "VmHWM") for pid in _family(self.process.pid)) / 1024

    def _used(self) -> float:
        ticks = os.sysconf("SC_CLK_TCK")
        fields = (pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in self._pids())
        return sum(int(found[11]) + int(found[12]) + int(found[13]) + int(found[14]) for found in fields) / ticks

    def _pids(self) -> list[int]:
        return _family(self.process.pid)

    async def _sent(self) -> float:
        found = await metrics.scrape(self.process.metrics_url)
        return sum(value for (name, _), value in found.items() if name == "rest_client_requests_total")


def _family(pid: int) -> list[int]:
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in _family(int(child)))]


def _status(pid: int, name: str) -> int:
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


@dataclass
class Figures:
    """One column of the table."""

    seconds: dict[str, float] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)
    requests: dict[str, float] = field(default_factory=dict)
    peak: float = 0.0


class Bench:
    """N Kustomizations against one cluster."""

    def __init__(self, client: kube.Client, server: testing.GitServer, count: int) -> None:
        self.client = client
        self.count = count
        self.space = testing.Space(client, server, NAME)
        self._asked = 0

    async def floor(self) -> tuple[float, float]:
        """Seconds for the bare applies: creating, and again with nothing to change."""
        await self._create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": FLOOR}})
        objects = [obj for index in range(self.count) for obj in manifests(f"app-{index}")]
        for obj in objects:
            obj["metadata"] = {**obj["metadata"], "namespace": FLOOR}
        found = [await timed(lambda: self._each(objects, self._apply)) for _ in range(2)]
        await self._drop(FLOOR)
        return found[0], found[1]

    async def measure(self, controllers: testing.Controllers) -> Figures:
        """Install, upgrade, and a pass that is asked for."""
        figures, meter = Figures(), Meter(controllers.kustomize)
        self.space.commit(files("1"))
        await self.space.create()
        await self._prepare()
        await self.space.source()
        await self.space.see_ready("GitRepository", "src")
        await self._phase("install", self._install, figures, meter)
        await self._phase("upgrade", self._upgrade, figures, meter)
        await self._phase("asked pass", self._ask, figures, meter)
        figures.peak = meter.peak()
        await self._remove()
        return figures

    async def _phase(self, name: str, work: Callable[[], Awaitable[None]], figures: Figures, meter: Meter) -> None:
        await settle()
        await meter.begin()
        print(f"  {name} ...", end="", flush=True)
        figures.seconds[name] = await timed(work)
        figures.cpu[name], sent = await meter.end()
        figures.requests[name] = sent / self.count
        print(f" {figures.seconds[name]:.1f} s, {figures.requests[name]:.1f} requests each", flush=True)

    async def _prepare(self) -> None:
        await self._create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": TARGET}})
        account = {"name": ACCOUNT, "namespace": NAME}
        await self._create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account})
        rbac = "rbac.authorization.k8s.io"
        role = {"apiGroup": rbac, "kind": "ClusterRole", "name": "cluster-admin"}
        binding = {
            "apiVersion": f"{rbac}/v1",
            "kind": "RoleBinding",
            "metadata": {"name": ACCOUNT, "namespace": TARGET},
        }
        await self._create({**binding, "subjects": [{"kind": "ServiceAccount", **account}], "roleRef": role})

    async def _install(self) -> None:
        made = [
            builders.kustomization(
                f"app-{index}",
                NAME,
                "src",
                wait=True,
                interval="1h",
                timeout="10m",
                targetNamespace=TARGET,
                serviceAccountName=ACCOUNT,
                postBuild={"substitute": {"name": f"app-{index}"}},
            )
            for index in range(self.count)
        ]
        revision = f"main@sha1:{self.space.repository.head()}"
        async with self._seen(lambda obj: _applied(obj, revision)):
            await self._each(made, self._apply)

    async def _upgrade(self) -> None:
        revision = self.space.commit(files("2"))
        async with self._seen(lambda obj: _applied(obj, revision)):
            await self.space.request("GitRepository", "src")

    async def _ask(self) -> None:
        self._asked += 1
        asked = f"bench-{self._asked}"
        body = {"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": asked}}}
        resource = await self.client.resource_for(OWN, "Kustomization")

        async def ask(name: str) -> None:
            await self.client.patch(resource, name, NAME, body, kind=kube.PatchType.MERGE, manager="bench")

        def answered(obj: Object) -> bool:
            status = obj.get("status") or {}
            return bool(status.get("lastHandledReconcileAt") == asked) and _ready(obj)

        async with self._seen(answered):
            await self._each([f"app-{index}" for index in range(self.count)], ask)

    @contextlib.asynccontextmanager
    async def _seen(self, wanted: Callable[[Object], bool]) -> AsyncIterator[None]:
        """Leave when all Kustomizations are as wanted, seen by one watch."""
        resource = await self.client.resource_for(OWN, "Kustomization")
        informer = kube.Informer(self.client, resource, namespace=NAME)
        done: set[str] = set()
        complete = asyncio.Event()

        def look(event: kube.Event) -> None:
            if event.kind != "DELETED" and wanted(event.object):
                done.add(event.object["metadata"]["name"])
            if len(done) >= self.count:
                complete.set()

        informer.add_handler(look)
        running = asyncio.create_task(informer.run())
        try:
            await informer.wait_synced()
            yield
            await asyncio.wait_for(complete.wait(), PATIENCE)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def _remove(self) -> None:
        resource = await self.client.resource_for(OWN, "Kustomization")
        for item in (await self.client.list(resource, NAME)).items:
            await self.client.delete(resource, item["metadata"]["name"], NAME)

        async def left() -> int:
            return len((await self.client.list(resource, NAME, limit=1)).items)

        await polling.eventually(left, lambda found: found == 0, timeout=PATIENCE, what="the end of all")
        await self.space.delete()
        await self._see_gone(NAME)
        await self._drop(TARGET)

    async def _drop(self, name: str) -> None:
        resource = await self.client.resource_for("v1", "Namespace")
        await self.client.delete(resource, name)
        await self._see_gone(name)

    async def _see_gone(self, name: str) -> None:
        resource = await self.client.resource_for("v1", "Namespace")

        async def there() -> bool:
            try:
                await self.client.get(resource, name)
            except kube.NotFound:
                return False
            return True

        await polling.eventually(there, lambda found: not found, timeout=PATIENCE, what=f"the end of {name}")

    async def _create(self, obj: Object) -> None:
        await self._apply(obj)

    async def _apply(self, obj: Object) -> None:
        resource = await self.client.resource_for(obj["apiVersion"], obj["kind"])
        await self.client.apply(resource, obj, manager="bench")

    async def _each(self, items: list[Any], work: Callable[[Any], Awaitable[None]]) -> None:
        """Do it for all, so many at once."""
        queue = list(reversed(items))

        async def worker() -> None:
            while queue:
                await work(queue.pop())

        await asyncio.gather(*(worker() for _ in range(AT_ONCE)))


def _ready(obj: Object) -> bool:
    found = (obj.get("status") or {}).get("conditions") or ()
    return any((one["type"], one["status"]) == ("Ready", "True") for one in found)


def _applied(obj: Object, revision: str) -> bool:
    return bool((obj.get("status") or {}).get("lastAppliedRevision") == revision) and _ready(obj)


async def timed(work: Callable[[], Awaitable[object]]) -> float:
    """Seconds that the work takes."""
    started = time.perf_counter()
    await work()
    return time.perf_counter() - started


async def settle() -> None:
    """Let what the last phase has left behind come to an end."""
    await asyncio.sleep(2)


async def run(options: argparse.Namespace) -> None:
    """Measure the floor, ours, then the other, and print them side by side."""
    async with contextlib.AsyncExitStack() as running:
        folder = pathlib.Path(running.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        kubeconfig = options.cluster or testing.kubeconfig_of(folder)
        if not options.cluster:
            await running.enter_async_context(testing.embedded_cluster(folder, options=("--simulate=no-nodes",)))
        client = await running.enter_async_context(await kube.Client.connect(kubeconfig, user_agent="bench"))
        await testing.install_crds(client)
        server = await running.enter_async_context(testing.GitServer(folder / "git"))
        print("floor ...", flush=True)
        floor = await Bench(client, server, options.objects).floor()
        columns = {}
        for name, programs in (("sluice", None), ("other", options.against)):
            if name == "other" and not programs:
                continue
            print(f"{name}:", flush=True)
            home = folder / name
            (home / "artifacts").mkdir(parents=True)
            started = testing.Controllers(
                source=clusters.source_controller(home, kubeconfig, programs=programs),
                kustomize=clusters.kustomize_controller(home, kubeconfig, options=FLAGS, programs=programs),
            )
            async with started.source, started.kustomize:
                columns[name] = await Bench(client, server, options.objects).measure(started)
        report(options.objects, floor, columns)


def report(count: int, floor: tuple[float, float], columns: dict[str, Figures]) -> None:
    """Print one row a figure, one column a program."""
    print(f"\nN = {count}; bare apply of {4 * count} objects: {floor[0]:.1f} s, again unchanged: {floor[1]:.1f} s\n")
    print(f"{'':40}" + "".join(f"{name:>12}" for name in columns))
    for phase in ("install", "upgrade", "asked pass"):
        for unit, pick in (("s", "seconds"), ("requests each", "requests"), ("CPU s", "cpu")):
            cells = "".join(f"{getattr(found, pick)[phase]:>12.1f}" for found in columns.values())
            print(f"{phase + ' (' + unit + ')':40}{cells}")
    print(f"{'memory at peak (MiB)':40}" + "".join(f"{found.peak:>12.0f}" for found in columns.values()))


def main() -> int:
    """Read the options and run."""
    parser = argparse.ArgumentParser(prog="hack/bench mttp", description=__doc__.splitlines()[0])
    parser.add_argument("--objects", type=int, default=100, help="how many Kustomizations")
    parser.add_argument("--against", type=pathlib.Path, help="folder with the controllers to compare with")
    parser.add_argument("--cluster", type=pathlib.Path, help="kubeconfig of the cluster; an embedded one when absent")
    asyncio.run(run(parser.parse_args()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
