"""Bases and files that a kustomization names outside of its source: fetched at every pass, bounded, and swept."""

from __future__ import annotations

import asyncio
import pathlib
import sys
from collections.abc import AsyncIterator, Iterator

import pytest
from aiohttp import web
from tests.kustomize_controller.conftest import Space, condition, config_map

from sluice import aio, git, kustomize, ssa, yamlio
from sluice.runtime import scratch
from sluice.testing import polling, webs
from sluice.testing.git import GitServer, Repository
from sluice.testing.git_tls import Authority
from sluice_controllers.kustomize import builds, remotes
from sluice_controllers.kustomize.ways import Ways

ORDER = builds.Order(path=".", overlay=kustomize.Overlay(), owner=ssa.Owner(namespace="a", name="b"))


@pytest.fixture
async def server() -> AsyncIterator[GitServer]:
    async with GitServer() as running:
        yield running


@pytest.fixture
def base(server: GitServer) -> Repository:
    """A repository with a base; it holds the ConfigMap x-cm."""
    repository = server.repository("app")
    store(repository, k="first")
    return repository


def store(repository: Repository, **data: str) -> None:
    kustomization = yamlio.dump({"resources": ["cm.yaml"], "namePrefix": "x-"})
    files = {"base/kustomization.yaml": kustomization, "base/cm.yaml": yamlio.dump(config_map("cm", **data))}
    repository.commit(files)


def naming(*resources: str) -> dict[str, str]:
    return {"kustomization.yaml": yamlio.dump({"resources": list(resources)})}


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> Iterator[pathlib.Path]:
    """A folder for ways; nothing may be left in it."""
    made = tmp_path / "ways"
    made.mkdir()
    yield made
    assert list(made.iterdir()) == []


# -- what is fetched, and when ----------------------------------------------------------------------------------------


async def test_a_base_comes_from_a_git_server_as_of_its_reference(
    space: Space, server: GitServer, base: Repository
) -> None:
    base.tag("v1")
    store(base, k="later")
    async with space.controller():
        await space.kustomization()
        await space.commit(naming(f"{server.url('app')}//base?ref=v1"))
        await space.see_ready()
        await space.see_data("x-cm", {"k": "first"})


async def test_a_file_comes_from_a_server_whose_certificate_is_trusted(
    space: Space, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority()
    (tmp_path / "ca.pem").write_bytes(authority.certificate)

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(text=yamlio.dump(config_map("remote", k="v")))

    app = web.Application()
    app.router.add_get("/cm.yaml", answer)
    async with webs.serving(app, tls=authority.server(tmp_path)) as url:
        await space.commit(naming(f"{url}/cm.yaml"))
        await space.kustomization()
        async with space.controller():
            failed = await space.see_ready("False", "BuildFailed")
            assert "certificate" in condition(failed)["message"]
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        async with space.controller():
            await space.request()
            await space.see_ready()
            await space.see_data("remote", {"k": "v"})


async def test_every_interval_looks_again_and_writes_nothing_when_nothing_is_new(
    space: Space, server: GitServer, base: Repository
) -> None:
    async with space.controller("--interval-jitter-percentage=0"):
        await space.kustomization(interval="1s")
        await space.commit(naming(f"{server.url('app')}//base?ref=main"))
        before = await space.see_ready()
        told = await space.events(2)
        await fetched_again(server)
        space.seen.clear()
        await fetched_again(server)
        assert space.seen == {}
        assert await space.events() == told
        assert (await space.see_ready())["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]
        store(base, k="second")
        await space.see_data("x-cm", {"k": "second"})


async def test_who_asks_gets_what_is_there_now(space: Space, server: GitServer, base: Repository) -> None:
    async with space.controller():
        await space.kustomization()
        await space.commit(naming(f"{server.url('app')}//base?ref=main"))
        await space.see_ready()
        store(base, k="second")
        await space.request()
        await space.see_data("x-cm", {"k": "second"})


async def test_a_pass_that_goes_on_with_what_it_waited_for_fetches_nothing(
    space: Space, server: GitServer, base: Repository
) -> None:
    done = {"apiVersion": "v1", "kind": "ConfigMap", "current": "'done' in metadata.?annotations.orValue({})"}
    async with space.controller():
        await space.kustomization(wait=True, healthCheckExprs=[done])
        await space.commit(naming(f"{server.url('app')}//base?ref=main"))
        await space.see(lambda obj: condition(obj, "Healthy").get("status") == "Unknown")
        asked = len(server.requests)
        await space.patch("ConfigMap", "x-cm", {"metadata": {"annotations": {"done": "yes"}}})
        await space.see_ready()
        assert len(server.requests) == asked


async def fetched_again(server: GitServer) -> None:
    before = len([request for request in server.requests if request.path.endswith("git-upload-pack")])

    async def look() -> int:
        return len([request for request in server.requests if request.path.endswith("git-upload-pack")])

    await polling.eventually(look, lambda now: now >= before + 4, what="two more passes")


# -- what is refused, and how that is told ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("http://169.254.169.254/latest/meta-data", "belongs to the machine itself or its platform, and is refused"),
        ("http://127.0.0.1:1/none.yaml", "connect: connection refused"),
        ("ssh://git@git.example/app//base", "from http and https servers only: there is no SSH key here"),
        ("git@git.example:app.git//base", "from http and https servers only: there is no SSH key here"),
        ("file:///etc//base", "unknown transport 'file'"),
    ],
)
async def test_what_cannot_be_had_is_named_with_the_reason(space: Space, entry: str, why: str) -> None:
    async with space.controller():
        await space.kustomization()
        await space.commit(naming(entry))
        message = condition(await space.see_ready("False", "BuildFailed"))["message"]
        assert message.startswith("kustomize build failed: accumulating resources: ")
        assert entry.partition("@")[2].partition(":")[0] in message
        assert why in message


async def test_a_login_of_the_address_is_used_and_not_told(space: Space) -> None:
    async with GitServer(basic=("me", "hush")) as server:
        store(server.repository("app"), k="first")
        async with space.controller():
            await space.kustomization()
            await space.commit(naming(f"{server.url('app').replace('://', '://me:hush@')}//base"))
            await space.see_ready()
            await space.commit(naming(f"{server.url('gone').replace('://', '://me:hush@')}//base"))
            message = condition(await space.see_ready("False", "BuildFailed"))["message"]
            assert server.url("gone") in message
            assert "hush" not in "".join([message, *await space.events(3)])


async def test_a_failure_reads_the_same_at_every_try_and_shows_no_folder_of_the_controller(
    space: Space, server: GitServer
) -> None:
    server.repository("app").commit({"base/kustomization.yaml": "resources: [none.yaml]\n"})
    async with space.controller():
        await space.kustomization()
        await space.commit(naming(f"{server.url('app')}//base"))
        first = condition(await space.see_ready("False", "BuildFailed"))["message"]
        assert "none.yaml" in first
        assert str(space.scratch) not in first
        asked = await space.request()
        again = await space.see(lambda obj: obj["status"].get("lastHandledReconcileAt") == asked)
        assert condition(again)["message"] == first


@pytest.mark.parametrize("kind", ["repository", "file"])
async def test_the_flag_refuses_what_is_remote(space: Space, server: GitServer, base: Repository, kind: str) -> None:
    url = f"{server.url('app')}//base?ref=main" if kind == "repository" else f"{server.url('app')}/HEAD.yaml"
    why = {
        "repository": f"fs-security-constraint abs {url}: path '{url}' is not in or below",
        "file": f"remote file '{url}' is refused: a build reads only its own source",
    }
    async with space.controller("--no-remote-bases=true"):
        await space.kustomization()
        await space.commit(naming(url))
        message = condition(await space.see_ready("False", "BuildFailed"))["message"]
        assert why[kind] in message
        assert server.requests == []


# -- bounds -----------------------------------------------------------------------------------------------------------


async def test_a_server_that_keeps_a_build_waiting_is_named_before_the_build_is_over(
    pool: aio.WorkerPool, server: GitServer, base: Repository, tmp_path: pathlib.Path, folder: pathlib.Path
) -> None:
    write(tmp_path, f"{server.url('app')}//base?timeout=1h")
    server.hang()
    told = r"app\.git.*: took longer than 2\.\d* s.*app\.git\": all took longer than 2\.7 s"
    async with git.Outlet(loopback=True) as outlet, Ways(outlet, folder).way(3.0) as way:
        with pytest.raises(kustomize.BuildError, match=told):
            await pool.run(builds.build, str(tmp_path), ORDER, way, timeout=30)
    server.release()


async def test_a_worker_that_is_killed_leaves_no_checkout(
    pool: aio.WorkerPool, server: GitServer, base: Repository, tmp_path: pathlib.Path, folder: pathlib.Path
) -> None:
    write(tmp_path, f"{server.url('app')}//base")
    server.hang()

    async def run(outlet: git.Outlet) -> None:
        async with Ways(outlet, folder).way(60.0) as way:
            await pool.run(builds.build, str(tmp_path), ORDER, way, timeout=60)

    async def checkouts() -> list[str]:
        return await asyncio.to_thread(lambda: [path.name for path in folder.glob("*/*")])

    async with git.Outlet(loopback=True) as outlet:
        task = asyncio.create_task(run(outlet))
        await polling.eventually(checkouts, bool, what="a checkout on its way")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    server.release()


def write(folder: pathlib.Path, *resources: str) -> None:
    for path, text in naming(*resources).items():
        (folder / path).write_text(text)


LIFE = """
import asyncio, pathlib, sys
from sluice.runtime import scratch

async def main():
    async with scratch.folder(pathlib.Path(sys.argv[1]), "sluice-kustomize-") as made:
        (made / "remotes-1").mkdir()
        print("ready", flush=True)
        sys.stdin.read()

asyncio.run(main())
"""


async def live(root: pathlib.Path) -> asyncio.subprocess.Process:
    """A process that has a folder, until its standard input ends."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", LIFE, str(root), stdin=pipe, stdout=pipe)
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"
    return process


async def test_what_a_killed_process_left_is_removed_by_the_next_and_what_a_living_one_uses_is_not(
    tmp_path: pathlib.Path,
) -> None:
    def inside() -> set[pathlib.Path]:
        return set(tmp_path.glob("*"))

    killed, living = await live(tmp_path), await live(tmp_path)
    assert len(inside()) == 2
    killed.kill()
    await killed.wait()
    async with scratch.folder(tmp_path, "sluice-kustomize-") as made:
        (other,) = inside() - {made}
        assert [path.name for path in other.glob("*")] == ["remotes-1"]
    await living.communicate(b"")
    assert inside() == set()


async def test_a_build_that_names_nothing_remote_makes_no_folder_and_says_so(
    pool: aio.WorkerPool, tmp_path: pathlib.Path, folder: pathlib.Path
) -> None:
    (tmp_path / "cm.yaml").write_text(yamlio.dump(config_map("cm")))
    write(tmp_path, "cm.yaml")
    way = remotes.Way(outlet="http://127.0.0.1:1/none", folder=folder / "none", seconds=30)
    packed = await pool.run(builds.build, str(tmp_path), ORDER, way, timeout=30)
    assert b'"remote":false' in packed
