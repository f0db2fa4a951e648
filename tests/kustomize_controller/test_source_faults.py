"""What the server of artifacts does wrong is told, costs nobody else anything, and is over when it does right."""

from __future__ import annotations

import asyncio
import hashlib
import io
import tarfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from tests.kustomize_controller.conftest import Space, condition, config_map

from sluice.testing import webs

FLAGS = ("--min-retry-delay=50ms", "--max-retry-delay=500ms")
Answer = Callable[[web.Request, bytes], Awaitable[web.StreamResponse]]


@dataclass
class Storage:
    """A server of artifacts whose answers a test writes, from what the good one would serve."""

    space: Space
    url: str = ""
    answers: dict[str, tuple[Answer, str]] = field(default_factory=dict)
    asked: int = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked += 1
        answer, whole = self.answers[request.path]
        return await answer(request, self.space.served[whole])

    async def commit(self, answer: Answer, value: str = "1", *, name: str = "src") -> str:
        """An artifact that is served so."""
        path = f"/{answer.__name__}"
        revision = await self.space.commit({"a.yaml": config_map("a", k=value)}, name=name, url=self.url + path)
        self.answers[path] = (answer, list(self.space.served)[-1])
        return revision


@pytest.fixture
async def storage(space: Space) -> AsyncIterator[Storage]:
    made = Storage(space)
    app = web.Application()
    app.router.add_get("/{path:.*}", made.handle)
    async with webs.serving(app, handler_cancellation=True) as made.url:
        yield made


async def truncated(request: web.Request, whole: bytes) -> web.StreamResponse:
    response = web.StreamResponse()
    response.content_length = len(whole)
    await response.prepare(request)
    await response.write(whole[:-10])
    assert request.transport is not None
    request.transport.close()
    return response


async def short(_: web.Request, whole: bytes) -> web.StreamResponse:
    return web.Response(body=whole[:-10])


async def other(_: web.Request, __: bytes) -> web.StreamResponse:
    return web.Response(body=b"somebody else's")


async def failing(_: web.Request, __: bytes) -> web.StreamResponse:
    return web.Response(status=503, text="no storage")


async def astray(_: web.Request, __: bytes) -> web.StreamResponse:
    raise web.HTTPFound("other")


async def going_round(request: web.Request, _: bytes) -> web.StreamResponse:
    raise web.HTTPFound(request.path)


async def to_a_file(_: web.Request, __: bytes) -> web.StreamResponse:
    return web.Response(status=302, headers={"Location": "file:///etc/passwd"})


async def silent(_: web.Request, __: bytes) -> web.StreamResponse:
    await asyncio.Event().wait()
    raise AssertionError("ended with the connection")


async def endless(request: web.Request, _: bytes) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b"x")
        await asyncio.sleep(0.05)


FAULTS: list[tuple[Answer, str]] = [
    (truncated, "failed to download artifact from {url}: the answer was cut short"),
    (short, "computed digest doesn't match 'sha256:"),
    (other, "computed digest doesn't match 'sha256:"),
    (failing, "failed to download artifact from {url}: status 503"),
    (going_round, "failed to download artifact from {url}: too many redirects"),
    (to_a_file, "failed to download artifact from {url}: redirected to file:///etc/passwd"),
    (silent, "the artifact was not fetched in time"),
    (endless, "the artifact was not fetched in time"),
]


@pytest.mark.parametrize(("fault", "words"), FAULTS)
async def test_what_is_wrong_with_a_download_is_told_and_what_was_applied_stays(
    space: Space, storage: Storage, fault: Answer, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sluice_controllers.kustomize.values._LEAST_TIMEOUT", 0.3)
    async with space.controller(*FLAGS):
        await space.kustomization(timeout="1s", retryInterval="1s")
        await space.see_applied(await space.commit({"a.yaml": config_map("a", k="0")}))
        await storage.commit(fault)
        app = await space.see_ready("False", "ArtifactFailed")
        message = condition(app)["message"]
        await space.see_data("a", {"k": "0"})
        assert app["status"]["inventory"]["entries"][0]["id"] == f"{space.namespace}_a__ConfigMap"
        await space.see_applied(await space.commit({"a.yaml": config_map("a", k="2")}))
    assert message.startswith(words.format(url=f"{storage.url}/{fault.__name__}"))


async def test_a_redirect_is_followed_to_what_has_the_digest(space: Space, storage: Storage) -> None:
    async def moved(_: web.Request, whole: bytes) -> web.StreamResponse:
        digest = hashlib.sha256(whole).hexdigest()
        return web.Response(status=302, headers={"Location": f"{space.url}/{digest}"})

    async with space.controller(*FLAGS):
        await space.kustomization()
        await space.see_applied(await storage.commit(moved))


async def test_a_storage_that_comes_back_is_found_without_a_new_commit(space: Space, storage: Storage) -> None:
    down = asyncio.Event()

    async def away(request: web.Request, whole: bytes) -> web.StreamResponse:
        if down.is_set():
            return web.Response(body=whole)
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async with space.controller(*FLAGS):
        await space.kustomization()
        revision = await storage.commit(away)
        app = await space.see_ready("False", "ArtifactFailed")
        assert condition(app)["message"].endswith(": Server disconnected")
        assert condition(app, "Reconciling")["reason"] == "ProgressingWithRetry"
        down.set()
        await space.see_applied(revision)


async def test_a_slow_storage_holds_up_only_what_it_serves(space: Space, storage: Storage) -> None:
    going = asyncio.Event()

    async def slow(_: web.Request, whole: bytes) -> web.StreamResponse:
        await going.wait()
        return web.Response(body=whole)

    names = [f"slow-{number}" for number in range(6)]
    async with space.controller("--concurrent=2"):
        await space.source("slow")
        for name in names:
            source = {"kind": "GitRepository", "name": "slow"}
            await space.kustomization(name, sourceRef=source, targetNamespace=space.namespace)
        revision = await storage.commit(slow, name="slow")
        await space.see(lambda obj: condition(obj).get("status") == "Unknown", names[0])
        await space.kustomization()
        await space.see_applied(await space.commit({"b.yaml": config_map("b")}, remove=("a.yaml",)))
        waiting = await space.see_ready("Unknown", "Progressing", names[-1])
        told = f"Fetching manifests for revision {revision} with a timeout of 59m30s"
        assert condition(waiting, "Reconciling")["message"] == told
        assert storage.asked == 1
        going.set()
        for name in names:
            await space.see_applied(revision, name)


def archived(*entries: tarfile.TarInfo | tuple[str | bytes, bytes]) -> bytes:
    """An archive that no good source would make."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", format=tarfile.GNU_FORMAT) as opened:
        for entry in entries:
            if isinstance(entry, tarfile.TarInfo):
                opened.addfile(entry)
                continue
            name, content = entry
            info = tarfile.TarInfo(name if isinstance(name, str) else name.decode("utf-8", "surrogateescape"))
            info.size = len(content)
            opened.addfile(info, io.BytesIO(content))
    return out.getvalue()


def link(name: str, to: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, to
    return info


REFUSED = "failed to extract artifact from "
LINKED = b"resources: [link]"
HOSTILE: dict[str, tuple[bytes, str, str]] = {
    "no archive": (b"no archive", "ArtifactFailed", "not a tar.gz archive, or cut short"),
    "a name with ..": (archived(("../x", b"")), "ArtifactFailed", "entry '../x' has an unsafe name"),
    "an absolute name": (archived(("/etc/x", b"")), "ArtifactFailed", "entry '/etc/x' has an unsafe name"),
    "a hard link": (
        archived(link("x", "/etc/passwd", tarfile.LNKTYPE)),
        "ArtifactFailed",
        "entry 'x' is neither file nor directory",
    ),
    "a device": (archived(link("x", "", tarfile.CHRTYPE)), "ArtifactFailed", "entry 'x' is neither file nor directory"),
    "a bomb": (archived(("x", bytes(65 << 20))), "ArtifactFailed", "compressed by more than 200 to 1"),
    "a long name": (archived(("x" * 300, b"")), "ArtifactFailed", "has a name that is too long"),
    "a link out of it": (
        archived(link("link", "/etc"), ("kustomization.yaml", LINKED)),
        "BuildFailed",
        "accumulating resources from 'link'",
    ),
    "a chain of links": (
        archived(link("a", ".."), link("link", "a/.."), ("kustomization.yaml", LINKED)),
        "BuildFailed",
        "accumulating resources from 'link'",
    ),
    "a name with line ends": (archived(("a\nb.yaml", b"kind: [x")), "BuildFailed", "a\nb.yaml"),
    "a name in no encoding": (archived((b"caf\xe9.yaml", b"kind: [x")), "BuildFailed", "caf\\udce9.yaml"),
    "a generator of it": (
        archived((b"caf\xe9.env", b"x"), ("kustomization.yaml", b'configMapGenerator: [{name: a, files: ["*"]}]')),
        "BuildFailed",
        "*",
    ),
}


async def test_a_hostile_archive_is_refused_with_the_reason_and_others_are_served(space: Space) -> None:
    async with space.controller(*FLAGS):
        for number, (packed, *_) in enumerate(HOSTILE.values()):
            digest = hashlib.sha256(packed).hexdigest()
            space.served[digest] = packed
            name = f"hostile-{number}"
            await space.source(name)
            await space.kustomization(name, sourceRef={"kind": "GitRepository", "name": name})
            await space.commit({}, name=name, digest=f"sha256:{digest}", url=f"{space.url}/{digest}")
        await space.kustomization()
        await space.see_applied(await space.commit({"a.yaml": config_map("a")}))
        for number, (title, (_, reason, words)) in enumerate(HOSTILE.items()):
            message = condition(await space.see_ready("False", reason, f"hostile-{number}"))["message"]
            assert words in message, f"{title}: {message}"
            assert str(space.scratch) not in message
            assert reason == "BuildFailed" or message.startswith(REFUSED)
