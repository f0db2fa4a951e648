"""Remote bases, components and files: from real servers, and as kustomize builds them from the same ones."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from sluice import kustomize, yamlio
from sluice.git import remotes, trees
from sluice.kustomize import BuildOptions, Limits, Order
from sluice.testing import kustomize_cases, webs
from sluice.testing.git import GitServer, Repository, Submodule, Symlink
from sluice.testing.git_ssh import SSHGitServer
from sluice.testing.git_tls import Authority

CM = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {}\ndata:\n  a: b\n"
BASE = {"base/kustomization.yaml": "resources: [cm.yaml]\nnamePrefix: x-\n", "base/cm.yaml": CM.format("cm")}
Write = Callable[[dict[str, str | bytes]], Path]


@pytest.fixture
async def server() -> AsyncIterator[GitServer]:
    async with GitServer() as running:
        yield running


@pytest.fixture
def loader() -> Iterator[remotes.Loader]:
    with remotes.Loader() as made:
        yield made


@dataclass
class Site:
    """A real HTTP server with these pages; others are not found."""

    pages: dict[str, bytes] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    url: str = ""

    async def answer(self, request: web.Request) -> web.Response:
        self.seen.append(request.path_qs)
        self.logins.append(request.headers.get("Authorization", ""))
        if request.path.startswith("/moved/"):
            raise web.HTTPFound(request.path.removeprefix("/moved"))
        if request.path == "/circle":
            raise web.HTTPFound("/circle")
        if request.path == "/away":
            raise web.HTTPFound("file:///etc/hostname")
        if request.path == "/slow":
            await asyncio.sleep(5)
        if request.path not in self.pages:
            raise web.HTTPNotFound
        return web.Response(body=self.pages[request.path])


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    made = Site()
    app = web.Application()
    app.router.add_get("/{path:.*}", made.answer)
    async with webs.serving(app) as made.url:
        yield made


async def ours(root: Path, loader: remotes.Loader, **options: Any) -> str:
    made = BuildOptions(order=Order.LEGACY, remote=loader, below_kustomization_only=True, **options)
    return yamlio.dump_all(await asyncio.to_thread(kustomize.build, root, options=made))


async def failure(root: Path, loader: remotes.Loader, **options: Any) -> kustomize.KustomizeError:
    with pytest.raises(kustomize.KustomizeError) as info:
        await ours(root, loader, **options)
    return info.value


async def theirs(root: Path, **environment: str) -> str:
    binary = kustomize_cases.kustomize()
    assert binary
    known = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0"}
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        binary, "build", str(root), stdout=pipe, stderr=pipe, env=known | environment
    )
    out, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return out.decode()


def overlay(write: Write, *resources: str, more: str = "") -> Path:
    listed = "".join(f"- {entry}\n" for entry in resources)
    return write({"kustomization.yaml": f"resources:\n{listed}{more}"})


def names(built: str) -> list[str]:
    return [obj["metadata"]["name"] for obj in yamlio.load_all(built)]


# -- against the real kustomize -----------------------------------------------------------------------------


@pytest.mark.needs("kustomize", "git")
@pytest.mark.parametrize(
    "reference", ["", "?ref=main", "?ref=v1", "?ref=annotated", "?ref=refs/tags/v1", "?ref=heads/topic", "?ref=both"]
)
async def test_a_base_is_built_from_the_reference_that_git_would_take(
    server: GitServer, write: Write, loader: remotes.Loader, reference: str
) -> None:
    repository = server.repository("app")
    repository.commit(BASE)
    repository.tag("v1")
    repository.tag("annotated", message="a release")
    repository.tag("both")
    repository.commit({"base/cm.yaml": CM.format("later")}, branch="main")
    repository.commit({**BASE, "base/cm.yaml": CM.format("topic")}, branch="topic")
    repository.commit({**BASE, "base/cm.yaml": CM.format("branch")}, branch="both")
    root = overlay(write, f"{server.url('app')}//base{reference}", more="nameSuffix: -y\n")
    assert await ours(root, loader) == await theirs(root)


@pytest.mark.needs("kustomize", "git")
async def test_a_base_is_built_from_a_commit(server: GitServer, write: Write, loader: remotes.Loader) -> None:
    repository = server.repository("app")
    first = repository.commit(BASE)
    repository.commit({"base/cm.yaml": CM.format("later")})
    repository.configure("uploadpack.allowAnySHA1InWant", "true")
    root = overlay(write, f"{server.url('app')}//base?ref={first}")
    built = await ours(root, loader)
    assert names(built) == ["x-cm"]
    assert built == await theirs(root)


@pytest.mark.needs("kustomize", "git")
async def test_origins_name_repository_reference_and_path(
    server: GitServer, write: Write, loader: remotes.Loader
) -> None:
    server.repository("app").commit(
        {
            **BASE,
            "kustomization.yaml": "resources: [base, cm.yaml]\nconfigMapGenerator: [{name: made, literals: [a=b]}]\n",
            "cm.yaml": CM.format("top"),
        }
    )
    server.repository("app").tag("1.0")
    meta = "buildMetadata: [originAnnotations, transformerAnnotations]\n"
    for entry in (f"{server.url('app')}//base", f"{server.url('app')}//?ref=1.0", f"{server.url('app')}/base?ref=main"):
        root = overlay(write, entry, more=meta)
        assert await ours(root, loader) == await theirs(root), entry


@pytest.mark.needs("kustomize", "git")
async def test_a_remote_base_may_have_bases_of_its_own_here_and_elsewhere(
    server: GitServer, write: Write, loader: remotes.Loader
) -> None:
    server.repository("lib").commit({"kustomization.yaml": "resources: [cm.yaml]\n", "cm.yaml": CM.format("lib")})
    server.repository("app").commit(
        {
            **BASE,
            "prod/kustomization.yaml": f"resources: [../base, '{server.url('lib')}']\nnameSuffix: -prod\n",
            "part/kustomization.yaml": "kind: Component\nnamePrefix: c-\n",
        }
    )
    root = overlay(write, f"{server.url('app')}//prod", more=f"components: ['{server.url('app')}//part']\n")
    built = await ours(root, loader)
    assert names(built) == ["c-lib-prod", "c-x-cm-prod"]
    assert built == await theirs(root)


@pytest.mark.needs("kustomize", "git")
@pytest.mark.parametrize("relative", [False, True])
async def test_links_and_submodules_are_there(
    server: GitServer, write: Write, loader: remotes.Loader, relative: bool
) -> None:
    inner = server.repository("inner").commit(
        {"kustomization.yaml": "resources: [in.yaml]\n", "in.yaml": CM.format("in")}
    )
    modules = f'[submodule "sub"]\n\tpath = vendor/sub\n\turl = {"../inner.git" if relative else server.url("inner")}\n'
    server.repository("app").commit(
        {
            ".gitmodules": modules,
            "vendor/sub": Submodule(inner),
            "kustomization.yaml": "resources: [vendor/sub, link.yaml]\n",
            "link.yaml": Symlink("real/cm.yaml"),
            "real/cm.yaml": CM.format("linked"),
        }
    )
    root = overlay(write, server.url("app"))
    built = await ours(root, loader)
    assert names(built) == ["in", "linked"]
    assert built == await theirs(root)


@pytest.mark.needs("kustomize")
@pytest.mark.parametrize("path", ["/a/b/cm.yaml", "/cm.yaml", "/moved/cm.yaml", "/a/b/c/two.yaml?x=y"])
async def test_files_come_from_http(site: Site, write: Write, loader: remotes.Loader, path: str) -> None:
    page = path.partition("?")[0].removeprefix("/moved")
    site.pages[page] = f"{CM.format('one')}---\n{CM.format('two')}".encode()
    root = overlay(write, f"{site.url}{path}", more="buildMetadata: [originAnnotations]\nnamePrefix: r-\n")
    built = await ours(root, loader)
    assert names(built) == ["r-one", "r-two"]
    assert built == await theirs(root)


@pytest.mark.needs("kustomize")
async def test_generators_and_patches_may_be_remote_files(site: Site, write: Write, loader: remotes.Loader) -> None:
    site.pages["/a/b/app.env"] = b"KEY=value\n"
    site.pages["/a/b/patch.yaml"] = CM.format("cm").replace("a: b", "a: patched").encode()
    root = write(
        {
            "kustomization.yaml": f"resources: [cm.yaml]\npatches: [{{path: '{site.url}/a/b/patch.yaml'}}]\n"
            f"configMapGenerator: [{{name: made, envs: ['{site.url}/a/b/app.env']}}]\n",
            "cm.yaml": CM.format("cm"),
        }
    )
    assert await ours(root, loader) == await theirs(root)


# -- SSH and logins -----------------------------------------------------------------------------------------


@pytest.mark.needs("sshd", "git")
async def test_a_base_comes_over_ssh_with_the_users_key(write: Write, tmp_path: Path) -> None:
    async with SSHGitServer() as server:
        server.repository("app").commit(BASE)
        folder = tmp_path / "home" / ".ssh"
        folder.mkdir(parents=True)
        (folder / "id_ed25519").write_bytes(server.let_in().identity)
        (folder / "known_hosts").write_bytes(server.known_hosts)
        root = overlay(write, f"{server.url('app')}//base?ref=main")
        with remotes.Loader(way=remotes.Way(login=remotes.user(tmp_path / "home"))) as loader:
            assert names(await ours(root, loader)) == ["x-cm"]
        (folder / "known_hosts").write_bytes(server.known_hosts.replace(b"127.0.0.1", b"elsewhere.test"))
        with remotes.Loader(way=remotes.Way(login=remotes.user(tmp_path / "home"))) as loader:
            assert "key is unknown" in (await failure(root, loader)).reason
        with remotes.Loader() as loader:
            assert isinstance(await failure(root, loader), kustomize.Unreachable)


@pytest.mark.needs("git")
async def test_the_address_may_say_the_login_and_nothing_shows_it(write: Write, loader: remotes.Loader) -> None:
    async with GitServer(basic=("user", "s3cret")) as server:
        server.repository("app").commit(BASE)
        address = server.url("app").replace("://", "://user:s3cret@")
        root = overlay(write, f"{address}//base", more="buildMetadata: [originAnnotations]\n")
        built = await ours(root, loader)
        assert names(built) == ["x-cm"]
        assert "s3cret" not in built
        root = overlay(write, f"{address.replace('s3cret', 'wr0ng')}//base")
        error = await failure(root, loader)
        assert "authentication required" in error.reason
        assert "wr0ng" not in f"{error} {error.reason} {error.place} {error!r} {error.via}"


async def test_the_login_of_a_file_is_not_for_whom_it_moved_to(
    site: Site, write: Write, loader: remotes.Loader
) -> None:
    site.pages["/cm.yaml"] = CM.format("cm").encode()
    root = overlay(write, f"{site.url.replace('://', '://user:s3cret@')}/moved/cm.yaml")
    assert names(await ours(root, loader)) == ["cm"]
    assert site.logins == ["Basic dXNlcjpzM2NyZXQ=", ""]


# -- what is refused ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "entry",
    [
        "https://x.test/a/b.yaml",
        "github.com/x/y//base?ref=v1",
        "git@x.test:a/b",
        "ssh://x.test/a/b",
        "file:///srv/repo",
    ],
)
@pytest.mark.parametrize("where", ["resources", "components"])
def test_nothing_is_fetched_without_a_loader(write: Write, entry: str, where: str) -> None:
    root = write({"kustomization.yaml": f"{where}:\n- '{entry}'\n"})
    with pytest.raises(kustomize.Refused) as info:
        kustomize.build(root)
    assert "reads only its own source" in info.value.reason
    if entry != "https://x.test/a/b.yaml" or where == "components":
        assert f"fs-security-constraint abs {entry}: path '{entry}' is not in or below '{root}'" in str(info.value)
    assert str(info.value.place) == f"kustomization.yaml:2: {where}[0]"
    assert "--allow-remote" in info.value.advice


@pytest.mark.needs("git")
@pytest.mark.parametrize(
    ("files", "text"),
    [
        ({"kustomization.yaml": "resources: [../../../../../../etc/hostname]\n"}, "leads out"),
        ({"kustomization.yaml": "resources: [link.yaml]\n", "link.yaml": Symlink("/etc/hostname")}, "leads out"),
        ({"kustomization.yaml": "resources: [link]\n", "link": Symlink("/etc")}, "leads out"),
        ({"kustomization.yaml": "resources: ['file:///srv/repo']\n"}, "is on this machine"),
        ({"kustomization.yaml": "components: ['file:///srv/repo//x']\n"}, "is on this machine"),
        ({"kustomization.yaml": "resources: [/etc]\n"}, "leads out"),
        ({"kustomization.yaml": "configMapGenerator: [{name: x, files: [/etc/hostname]}]\n"}, "leads out"),
    ],
)
async def test_a_repository_leads_nowhere_else(
    server: GitServer, write: Write, files: dict[str, Any], text: str
) -> None:
    server.repository("app").commit(files)
    root = overlay(write, f"{server.url('app')}?ref=main")
    with remotes.Loader(way=remotes.Way(local=True)) as loader:
        error = await failure(root, loader)
    assert text in error.reason
    assert isinstance(error, kustomize.Refused)
    assert str(error.place).startswith(f"{server.url('app')}//kustomization.yaml:1: ")
    assert [str(place) for place in error.via] == ["kustomization.yaml:2: resources[0]"]


@pytest.mark.needs("git")
@pytest.mark.parametrize("target", ["a\0b", "x" * 5000, ""])
async def test_a_repository_with_what_no_disk_can_hold_is_told(
    server: GitServer, write: Write, loader: remotes.Loader, target: str
) -> None:
    server.repository("app").commit({**BASE, "link": Symlink(target)})
    error = await failure(overlay(write, f"{server.url('app')}//base"), loader)
    assert isinstance(error, kustomize.Unreachable)
    assert "the repository cannot be checked out: " in error.reason


async def test_a_link_as_the_directory_of_a_base_may_not_leave_the_repository(
    server: GitServer, write: Write, loader: remotes.Loader
) -> None:
    server.repository("app").commit({"base": Symlink("/etc"), "x": "y"})
    assert "leads out" in (await failure(overlay(write, f"{server.url('app')}//base"), loader)).reason


@pytest.mark.needs("git")
async def test_repositories_that_refer_to_each_other_are_a_circle(
    server: GitServer, write: Write, loader: remotes.Loader
) -> None:
    server.repository("a").commit({"kustomization.yaml": f"resources: ['{server.url('b')}']\n"})
    server.repository("b").commit({"kustomization.yaml": f"resources: ['{server.url('a')}']\n"})
    error = await failure(overlay(write, server.url("a")), loader)
    assert "a circle" in error.reason
    assert "cycle detected: URI" in str(error)


@pytest.mark.needs("git")
async def test_how_often_remote_things_are_asked_for_is_bounded(
    server: GitServer, write: Write, loader: remotes.Loader
) -> None:
    server.repository("app").commit(BASE)
    # Each entry is asked for as a file, too, before it is taken for a repository.
    root = overlay(write, f"{server.url('app')}//base")
    assert names(await ours(root, loader, limits=Limits(remotes=2))) == ["x-cm"]
    error = await failure(root, loader, limits=Limits(remotes=1))
    assert isinstance(error, kustomize.LimitExceeded)
    assert "more than 1 remote sources" in error.reason


@pytest.mark.needs("git")
async def test_one_repository_is_cloned_once(server: GitServer, write: Write, loader: remotes.Loader) -> None:
    server.repository("app").commit(
        {**BASE, "two/kustomization.yaml": "resources: [cm.yaml]\n", "two/cm.yaml": CM.format("two")}
    )
    root = overlay(write, f"{server.url('app')}//base?ref=main", f"{server.url('app')}//two?ref=main")
    assert names(await ours(root, loader)) == ["two", "x-cm"]
    packs = [
        request for request in server.requests if request.path.endswith("git-upload-pack") and request.method == "POST"
    ]
    assert len(packs) <= 4


@pytest.mark.needs("git")
@pytest.mark.parametrize(
    ("limits", "text"),
    [
        ({"repository_bytes": 1000}, "larger than 1000 bytes"),
        ({"tree": trees.Limits(size=1000)}, "larger than 1000 bytes"),
        ({"tree": trees.Limits(files=1)}, "more than 1 files"),
    ],
)
async def test_a_repository_has_limits(server: GitServer, write: Write, limits: dict[str, Any], text: str) -> None:
    server.repository("app").commit({**BASE, "noise": os.urandom(200_000)})
    with remotes.Loader(limits=remotes.Limits(**limits)) as loader:
        error = await failure(overlay(write, f"{server.url('app')}//base"), loader)
    assert text in error.reason
    assert isinstance(error, kustomize.Unreachable)


@pytest.mark.needs("git")
async def test_a_repository_arrives_in_the_time_that_its_address_says(
    server: GitServer, write: Write, loader: remotes.Loader
) -> None:
    server.repository("app").commit(BASE)
    server.hang()
    root = write({"kustomization.yaml": f"components: ['{server.url('app')}//base?timeout=300ms']\n"})
    async with asyncio.timeout(10):
        error = await failure(root, loader)
    assert "took longer than 0.3 s" in error.reason
    server.release()


@pytest.mark.needs("git")
@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ("?ref=nowhere", "couldn't find remote ref nowhere"),
        ("?ref=" + "0" * 40, ""),
        ("//nowhere?ref=main", "does not exist"),
        ("//base/cm.yaml?ref=main", "is a file"),
    ],
)
async def test_what_is_not_there_is_told(
    server: GitServer, write: Write, loader: remotes.Loader, entry: str, text: str
) -> None:
    server.repository("app").commit(BASE)
    error = await failure(overlay(write, server.url("app") + entry), loader)
    assert text in error.reason
    assert str(error.place) == "kustomization.yaml:2: resources[0]"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/none.yaml", "status code 404 (Not Found)"),
        ("/org/repo/main/none.yaml", "status code 404 (Not Found)"),
        ("/away", "status code 302"),
        ("/circle", "status code 302"),
        ("/slow", "took longer than 2 s"),
        ("/big", "larger than 1000 bytes"),
    ],
)
async def test_a_file_that_cannot_be_had_says_why(site: Site, write: Write, path: str, text: str) -> None:
    site.pages["/big"] = b"x" * 2000
    with remotes.Loader(limits=remotes.Limits(file_bytes=1000, seconds=2.0)) as loader:
        error = await failure(overlay(write, site.url + path), loader)
    assert isinstance(error, kustomize.Unreachable)
    assert f'"{site.url}{path}"' in error.reason
    assert text in error.reason
    assert str(error.place) == "kustomization.yaml:2: resources[0]"


@pytest.mark.needs("git")
@pytest.mark.parametrize("url", ["file:///srv/inner", "/srv/inner", "git://127.0.0.1/inner"])
async def test_submodules_come_from_servers_only(server: GitServer, write: Write, url: str) -> None:
    server.repository("app").commit(
        {**BASE, ".gitmodules": f'[submodule "s"]\npath = s\nurl = {url}\n', "s": Submodule("1" * 40)}
    )
    with remotes.Loader(way=remotes.Way(local=True)) as loader:
        error = await failure(overlay(write, f"{server.url('app')}//base"), loader)
        assert "unknown transport" in error.reason
        # Without them there is nothing to fetch.
        assert names(await ours(overlay(write, f"{server.url('app')}//base?submodules=false"), loader)) == ["x-cm"]


async def test_a_directory_of_this_machine_is_a_repository_only_if_the_caller_says_so(
    write: Write, tmp_path: Path
) -> None:
    repository = Repository(tmp_path / "repo.git")
    repository.commit(BASE)
    repository.reference("refs/heads/master", repository.head())
    root = overlay(write, f"file://{tmp_path}/repo.git//base?ref=main")
    with remotes.Loader(way=remotes.Way(local=True)) as loader:
        assert names(await ours(root, loader)) == ["x-cm"]
    with remotes.Loader() as loader:
        assert "unknown transport 'file'" in (await failure(root, loader)).reason


def test_nothing_is_left_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Write) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    repository = Repository(tmp_path / "repo.git")
    repository.commit(BASE)
    root = overlay(write, f"file://{tmp_path}/repo.git//base?ref=main")
    with remotes.Loader(way=remotes.Way(local=True)) as loader:
        kustomize.build(root, options=BuildOptions(remote=loader))
        assert list((tmp_path / "scratch").iterdir())
    assert not list((tmp_path / "scratch").iterdir())


@pytest.mark.needs("git")
async def test_certificates_are_checked(write: Write, loader: remotes.Loader, tmp_path: Path) -> None:
    async with GitServer(tls=Authority().server(tmp_path)) as server:
        server.repository("app").commit(BASE)
        base = await failure(overlay(write, f"{server.url('app')}//base"), loader)
        assert "the server's certificate is not trusted" in base.reason
        file = await failure(overlay(write, server.url("app").replace("app.git", "cm.yaml")), loader)
        assert "the server's certificate is not trusted" in file.reason
        assert isinstance(base, kustomize.Unreachable)
        assert isinstance(file, kustomize.Unreachable)
        assert not [request for request in server.requests if "git-upload-pack" in request.path]
