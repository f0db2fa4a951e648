"""Whole controller processes: flags, signals, leadership, metrics, exit statuses."""

from __future__ import annotations

import asyncio
import json
import pathlib
import signal
import sys
import textwrap
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiohttp import web
from tests.runtime.conftest import Stage

from sluice import kube, runtime, testing
from sluice.testing import builders, eventually, metrics, processes, webs

CONTROLLER = """
    import asyncio, sys
    from sluice import kube, runtime
    from sluice_api.kustomize import v1

    KIND = runtime.Kind(
        resource=kube.Resource(
            group="kustomize.toolkit.fluxcd.io", version="v1", kind="Kustomization", plural="kustomizations",
            namespaced=True,
        ),
        model=v1.Kustomization,
        controller="kustomize-controller",
    )

    class Reconciler:
        kind = KIND

        def __init__(self):
            self.steps = (self.work,)

        async def work(self, ctx, app):
            ctx.status["lastAttemptedRevision"] = ME
            if "slow" in ctx.name:
                await ctx.publish()
                await asyncio.sleep(1.0 if ctx.name == "slow" else 3600)

        def succeed(self, ctx, value):
            return runtime.Success(interval=None, reason="ReconciliationSucceeded", message="done by " + ME)

        async def finalize(self, ctx):
            pass

    async def serve(manager, settings):
        manager.controller(Reconciler())
        if "--fail" in sys.argv:
            async def fail():
                raise RuntimeError("the service is broken")
            manager.service("broken", fail)
        await manager.run()

    ME = sys.argv[1]
    arguments = [argument for argument in sys.argv[2:] if argument != "--fail"]
    sys.exit(runtime.main("kustomize-controller", runtime.Settings, serve, arguments=arguments))
"""


class Fleet:
    """Replicas of one controller on one cluster."""

    def __init__(self, folder: pathlib.Path, kubeconfig: pathlib.Path, namespace: str) -> None:
        self.folder = folder
        self.namespace = namespace
        self._kubeconfig = kubeconfig
        self._script = folder / "controller.py"
        self._script.write_text(textwrap.dedent(CONTROLLER))
        self.stack = AsyncExitStack()

    def replica(self, name: str, *flags: str, ready: bool = True) -> testing.Process:
        health, metrics_port = testing.free_port(), testing.free_port()

        async def at_once() -> bool:
            return True

        return testing.Process(
            name,
            [
                *(sys.executable, str(self._script), name),
                f"--kubeconfig={self._kubeconfig}",
                f"--health-addr=127.0.0.1:{health}",
                f"--metrics-addr=127.0.0.1:{metrics_port}",
                "--watch-all-namespaces=false",
                *flags,
            ],
            log=self.folder / f"{name}.log",
            ready=processes.answers(f"http://127.0.0.1:{health}/readyz") if ready else at_once,
            metrics_url=f"http://127.0.0.1:{metrics_port}/metrics",
            environment={"RUNTIME_NAMESPACE": self.namespace},
        )

    def lines(self, name: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / f"{name}.log").read_text().splitlines()]


@pytest.fixture
async def fleet(tmp_path: pathlib.Path, kubeconfig: pathlib.Path, idle_apps: Stage) -> AsyncIterator[Fleet]:
    made = Fleet(tmp_path, kubeconfig, idle_apps.namespace)
    async with made.stack:
        yield made


@pytest.fixture
async def idle_apps(apps: Stage) -> Stage:
    """The stage without its own controller: the processes are to do the work."""
    await apps.kill()
    return apps


def attempted(obj: kube.Object) -> Any:
    return obj["status"].get("lastAttemptedRevision")


def done(obj: kube.Object) -> bool:
    return any(item["type"] == "Ready" and item["status"] == "True" for item in obj["status"].get("conditions", ()))


async def test_a_process_reconciles_counts_and_ends_well(fleet: Fleet, idle_apps: Stage) -> None:
    await idle_apps.create(builders.kustomization("app", "ns", "src"))
    async with fleet.replica("one") as one:
        await idle_apps.see("app", done)
        counts = await metrics.scrape(one.metrics_url)
        labels = (("kind", "Kustomization"), ("name", "app"), ("namespace", idle_apps.namespace))
        assert counts["gotk_reconcile_duration_seconds_count", labels] == 1
        controller = (("controller", "kustomization"),)
        assert counts["controller_runtime_reconcile_total", (*controller, ("result", "success"))] >= 1
        assert counts["controller_runtime_reconcile_errors_total", controller] == 0
        assert counts["controller_runtime_max_concurrent_reconciles", controller] == 4
        assert counts["controller_runtime_active_workers", controller] == 0
        assert counts["workqueue_depth", (*controller, ("name", "kustomization"))] == 0
        assert any(name == "rest_client_requests_total" for name, _ in counts)
        await idle_apps.delete("app")
        await idle_apps.see_gone("app")

        async def series() -> bool:
            return any("app" in dict(labels).values() for _, labels in await metrics.scrape(one.metrics_url))

        await eventually(series, lambda found: not found, what="the end of the object's series")
        one.signal(signal.SIGTERM)
        assert await one.ended() == 0
    lines = fleet.lines("one")
    assert [line["msg"] for line in lines][-1] == "stopped"
    reconciled = next(line for line in lines if line["msg"] == "reconciled")
    assert reconciled["controllerKind"] == "Kustomization"
    assert reconciled["Kustomization"] == {"name": "app", "namespace": idle_apps.namespace}
    assert {"level", "ts", "controller", "controllerGroup", "namespace", "name", "reconcileID"} <= set(reconciled)


async def test_sigterm_lets_a_running_pass_finish(fleet: Fleet, idle_apps: Stage) -> None:
    await idle_apps.create(builders.kustomization("slow", "ns", "src"))
    async with fleet.replica("one") as one:
        await idle_apps.see("slow", attempted)
        one.signal(signal.SIGTERM)
        assert await one.ended() == 0
    slow = await idle_apps.get("slow")
    assert slow is not None
    assert done(slow)


async def test_a_second_signal_ends_the_process_at_once(fleet: Fleet, idle_apps: Stage) -> None:
    await idle_apps.create(builders.kustomization("slower", "ns", "src"))
    async with fleet.replica("one") as one:
        await idle_apps.see("slower", attempted)
        one.signal(signal.SIGTERM)
        await eventually(lambda: asyncio.sleep(0, "stopping" in one.log.read_text()))
        one.signal(signal.SIGINT)
        assert await asyncio.wait_for(one.ended(), 3) == 1


async def test_leadership_passes_on_at_once_when_the_leader_ends_and_later_when_it_dies(
    fleet: Fleet, idle_apps: Stage
) -> None:
    flags = (
        "--enable-leader-election",
        "--leader-election-lease-duration=3s",
        "--leader-election-renew-deadline=2s",
        "--leader-election-retry-period=200ms",
    )
    one = await fleet.stack.enter_async_context(fleet.replica("one", *flags))
    await idle_apps.create(builders.kustomization("app", "ns", "src"))
    await idle_apps.see("app", lambda obj: attempted(obj) == "one")
    two = await fleet.stack.enter_async_context(fleet.replica("two", *flags))
    three = await fleet.stack.enter_async_context(fleet.replica("three", *flags))
    loop = asyncio.get_running_loop()
    one.signal(signal.SIGTERM)
    assert await one.ended() == 0
    released = loop.time()
    app = await idle_apps.see("app", lambda obj: attempted(obj) in ("two", "three"))
    assert loop.time() - released < 2.0
    leader, other = (two, three) if attempted(app) == "two" else (three, two)
    assert (await metrics.scrape(leader.metrics_url))[_status()] == 1
    assert (await metrics.scrape(other.metrics_url))[_status()] == 0
    await leader.kill()
    await idle_apps.see("app", lambda obj: attempted(obj) == other.name)


def _status() -> metrics.Sample:
    return ("leader_election_master_status", (("name", "kustomize-controller"),))


async def test_a_leader_that_lost_its_lease_ends_in_the_middle_of_its_work(fleet: Fleet, idle_apps: Stage) -> None:
    await idle_apps.create(builders.kustomization("slower", "ns", "src"))
    flags = ("--enable-leader-election", "--leader-election-retry-period=200ms")
    async with fleet.replica("one", *flags) as one:
        await idle_apps.see("slower", attempted)
        await idle_apps.client.patch(
            kube.Resource(group="coordination.k8s.io", version="v1", kind="Lease", plural="leases", namespaced=True),
            "kustomize-controller-leader-election",
            idle_apps.namespace,
            {"spec": {"holderIdentity": "someone else"}},
            kind=kube.PatchType.MERGE,
            manager="t",
        )
        assert await one.ended() == 1
    last = fleet.lines("one")[-1]
    assert last["msg"] == "controller stopped"
    assert "leader election lost" in last["error"]


@pytest.mark.parametrize(
    ("flags", "status", "text"),
    [
        (("--kubeconfig=/nowhere",), 1, "/nowhere"),
        (("--metrics-addr=127.0.0.1:99999",), 1, "invalid address"),
        (("--fail",), 1, "the service is broken"),
    ],
)
async def test_a_process_that_cannot_go_on_says_why_in_a_line(
    fleet: Fleet, flags: tuple[str, ...], status: int, text: str
) -> None:
    replica = fleet.replica("bad", *flags, ready=False)
    await replica.start()
    assert await replica.ended() == status
    assert text in replica.log.read_text()
    if "--fail" not in flags:
        assert "Traceback" not in replica.log.read_text()


@pytest.mark.parametrize(
    ("flags", "status", "text"),
    [
        (("--no-such-flag",), 2, "sluice-kustomize-controller: unknown flag: --no-such-flag"),
        (("--feature-gates=Nope=true",), 2, "unknown feature gate 'Nope'"),
        (("--help",), 0, "--leader-election-release-on-cancel"),
    ],
)
def test_flags_are_checked_before_anything_is_started(
    capsys: pytest.CaptureFixture[str], flags: tuple[str, ...], status: int, text: str
) -> None:
    async def serve(manager: runtime.Manager, settings: runtime.Settings) -> None:
        raise AssertionError("nothing was to be started")

    assert runtime.main("kustomize-controller", runtime.Settings, serve, arguments=flags, environment={}) == status
    output = capsys.readouterr()
    assert text in (output.err if status else output.out)


async def test_an_address_that_is_taken_is_said_in_a_line(fleet: Fleet) -> None:
    async with fleet.replica("first") as first:
        taken = first.metrics_url.removeprefix("http://").removesuffix("/metrics")
        second = fleet.replica("second", f"--metrics-addr={taken}", ready=False)
        await second.start()
        assert await second.ended() == 1
    assert fleet.lines("second")[-1]["error"].startswith(f"cannot listen on {taken}")


async def test_events_reach_the_receiver_before_the_process_is_gone(client: kube.Client, namespace: str) -> None:
    received: list[dict[str, Any]] = []

    async def post(request: web.Request) -> web.Response:
        received.append(await request.json())
        return web.Response()

    app = web.Application()
    app.router.add_post("/", post)
    async with webs.serving(app) as address:
        settings = runtime.Settings.parse(["--metrics-addr=0", "--health-addr=0", f"--events-addr={address}/"], {})
        manager = runtime.Manager(settings, client, name="test-controller")
        config_map = {**builders.config_map("cm"), "metadata": {"name": "cm", "namespace": namespace, "uid": "u"}}

        async def tell() -> None:
            manager.events.emit(config_map, "Normal", "Done", "told at the last moment")
            manager.stop()
            await asyncio.Event().wait()

        manager.service("teller", tell, leader_only=True)
        await manager.run()
    assert [body["message"] for body in received] == ["told at the last moment"]
