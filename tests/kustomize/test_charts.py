"""Helm charts in a build: what is refused and fetched, what the renderer is given. Renderings are in the corpus."""

import asyncio
import hashlib
import io
import tarfile
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from sluice import kustomize
from sluice.git import remotes
from sluice.kustomize import BuildOptions, Limits
from sluice.testing import webs
from sluice_cli import charts

Write = Callable[[dict[str, str | bytes]], Path]
CM = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: '{{ .Chart.Version }}'}\ndata: {a: '{{ .Values.a }}'}\n"
CHART = {
    "Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.1.0\n",
    "values.yaml": "a: own\n",
    "templates/cm.yaml": CM,
}
LOCAL = {f"charts/web/{name}": text for name, text in CHART.items()}
RENDER = charts.renderer("", ())


def failure(root: Path, **options: Any) -> kustomize.KustomizeError:
    with pytest.raises(kustomize.KustomizeError) as info:
        kustomize.build(root, options=BuildOptions(**options))
    return info.value


@pytest.mark.parametrize(
    ("files", "place"),
    [
        ({"kustomization.yaml": "helmCharts:\n- name: web\n"}, "kustomization.yaml:2: helmCharts[0]"),
        (
            {"kustomization.yaml": "helmChartInflationGenerator:\n- chartName: web\n"},
            "kustomization.yaml:2: helmChartInflationGenerator[0]",
        ),
        (
            {
                "kustomization.yaml": "generators: [gen.yaml]\n",
                "gen.yaml": "apiVersion: builtin\nkind: HelmChartInflationGenerator\nmetadata: {name: g}\nname: web\n",
            },
            "gen.yaml",
        ),
    ],
)
def test_charts_are_refused_unless_the_caller_renders_them(write: Write, files: dict[str, Any], place: str) -> None:
    error = failure(write({**files, **LOCAL}))
    assert isinstance(error, kustomize.Refused)
    assert "must specify --enable-helm" in str(error)
    assert "--enable-helm" in error.advice
    assert str(error.place) == place


def test_a_failing_chart_is_told_with_its_entry_and_template(write: Write) -> None:
    root = write(
        {"kustomization.yaml": "helmCharts:\n- name: web\n", **LOCAL, "charts/web/templates/x.yaml": "{{ nope }}"}
    )
    error = failure(root, charts=RENDER)
    assert isinstance(error, kustomize.InvalidChart)
    assert "web/templates/x.yaml:1" in error.reason
    assert str(error.place) == "kustomization.yaml:2: helmCharts[0]"


@pytest.mark.parametrize(
    ("links", "text"),
    [
        ({"charts/web/files/x": "/etc/hostname"}, "leads out of the source"),
        ({"charts/web/templates/x": "../../../../outside"}, "leads out of the source"),
        ({"charts/web": "/etc"}, "leads out of the source"),
        ({"charts": "/etc"}, ""),
        ({"charts/web/again": ".."}, "is a link to where it is itself"),
    ],
)
def test_no_link_of_a_chart_leads_out_of_the_source(write: Write, links: dict[str, str], text: str) -> None:
    files = {"kustomization.yaml": "helmCharts:\n- name: web\n"}
    if "charts/web" not in links and "charts" not in links:
        files |= LOCAL
    root = write({**files})
    for name, target in links.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).symlink_to(target)
    error = failure(root, charts=lambda release: pytest.fail(f"{release.chart} was rendered"))
    assert text in error.reason
    assert str(error.place).startswith("kustomization.yaml:2: helmCharts[0]")


@pytest.mark.parametrize(
    ("limits", "text"), [(Limits(files=3), "more than 3 files"), (Limits(file_bytes=60), "larger than 60 bytes")]
)
def test_the_files_of_a_chart_count(write: Write, limits: Limits, text: str) -> None:
    root = write({"kustomization.yaml": "helmCharts:\n- name: web\n", **LOCAL, "charts/web/big": "x" * 61})
    assert text in str(failure(root, charts=RENDER, limits=limits))


def test_the_renderer_is_given_what_the_kustomization_says(write: Write) -> None:
    given: list[kustomize.Release] = []

    def render(release: kustomize.Release) -> str:
        given.append(release)
        return ""

    chart = (
        "{name: web, releaseName: r, nameTemplate: t, namespace: ns, includeCRDs: true, skipHooks: true,"
        " skipTests: true, kubeVersion: '1.30', apiVersions: [a/v1], valuesInline: {b: 2}, debug: true, devel: true}"
    )
    root = write({"kustomization.yaml": f"resources: [x.yaml]\nhelmCharts: [{chart}]\n", **LOCAL, "x.yaml": ""})
    kustomize.build(root, options=BuildOptions(charts=render))
    assert given == [
        kustomize.Release(
            chart=root / "charts/web",
            name="r",
            name_template="t",
            namespace="ns",
            values={"a": "own", "b": 2},
            include_crds=True,
            skip_hooks=True,
            skip_tests=True,
            kube_version="1.30",
            api_versions=("a/v1",),
        )
    ]


# -- charts that are fetched --------------------------------------------------------------------------------


@dataclass
class Shop:
    """A real HTTP server with a repository of charts."""

    pages: dict[str, bytes] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    url: str = ""

    def offer(self, version: str, *, url: str = "", digest: str = "", files: dict[str, str] | None = None) -> None:
        made = {**CHART, "Chart.yaml": CHART["Chart.yaml"].replace("0.1.0", version), **(files or {})}
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w:gz") as archive:
            for name, text in made.items():
                member = tarfile.TarInfo(f"web/{name}")
                member.size = len(text.encode())
                archive.addfile(member, io.BytesIO(text.encode()))
        self.pages[f"/repo/web-{version}.tgz"] = out.getvalue()
        digest = digest or hashlib.sha256(out.getvalue()).hexdigest()
        index = self.pages.get("/repo/index.yaml", b"apiVersion: v1\nentries:\n  web:\n").decode()
        url = url or f"web-{version}.tgz"
        index += f"  - {{name: web, version: {version}, digest: '{digest}', urls: ['{url}']}}\n"
        self.pages["/repo/index.yaml"] = index.encode()

    async def answer(self, request: web.Request) -> web.Response:
        self.seen.append(request.path)
        if request.path not in self.pages:
            raise web.HTTPNotFound
        return web.Response(body=self.pages[request.path])


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    made = Shop()
    app = web.Application()
    app.router.add_get("/{path:.*}", made.answer)
    async with webs.serving(app) as address:
        made.url = f"{address}/repo"
        yield made


@pytest.fixture
def loader() -> Iterator[remotes.Loader]:
    with remotes.Loader() as made:
        yield made


async def built(root: Path, loader: remotes.Loader) -> list[kustomize.Object]:
    return await asyncio.to_thread(kustomize.build, root, options=BuildOptions(remote=loader, charts=RENDER))


@pytest.mark.parametrize(
    ("entry", "version"),
    [
        ("", "1.10.0"),
        (", version: 1.2.0", "1.2.0"),
        (", version: ^1.0", "1.10.0"),
        (", version: '<1.10'", "1.9.0"),
        (", devel: true", "2.0.0-rc.1"),
        (", version: 2.0.0-rc.1", "2.0.0-rc.1"),
    ],
)
async def test_a_chart_comes_from_its_repository_in_the_version_asked_for(
    shop: Shop, write: Write, loader: remotes.Loader, entry: str, version: str
) -> None:
    for each in ("1.2.0", "1.10.0", "1.9.0", "2.0.0-rc.1"):
        shop.offer(each)
    root = write({"kustomization.yaml": f"helmCharts:\n- {{name: web, repo: '{shop.url}'{entry}}}\n"})
    (obj,) = await built(root, loader)
    assert obj["metadata"]["name"] == version
    assert obj["data"] == {"a": "own"}
    assert shop.seen == ["/repo/index.yaml", f"/repo/web-{version}.tgz"]
    assert not (root / "charts").exists()


async def test_inline_values_go_over_those_of_a_fetched_chart(shop: Shop, write: Write, loader: remotes.Loader) -> None:
    shop.offer("1.0.0", url=f"{shop.url}/web-1.0.0.tgz")
    root = write(
        {"kustomization.yaml": f"helmCharts:\n- {{name: web, repo: '{shop.url}/', valuesInline: {{a: mine}}}}\n"}
    )
    assert (await built(root, loader))[0]["data"] == {"a": "mine"}


@pytest.mark.parametrize(
    ("entry", "kind", "text"),
    [
        ("name: web, version: ^9", kustomize.Unreachable, 'version "^9" not found'),
        ("name: other", kustomize.Unreachable, 'chart "other" version "*" not found'),
        ("name: web, version: 'not a range'", kustomize.Unreachable, "improper constraint"),
        ("name: web, version: 0.0.1", kustomize.Unreachable, "is not what the index"),
        ("name: web, version: 0.0.2", kustomize.Unreachable, "status code 404"),
        ("name: web, version: 0.0.3", kustomize.Unreachable, "has no directory web"),
        ("name: ../web", kustomize.Unreachable, "is no name of a chart"),
        ("name: web, repo: 'oci://host.test/charts'", kustomize.Refused, "is a registry"),
        ("name: web, repo: 'ftp://host.test/charts'", kustomize.Unreachable, "http and https"),
        ("name: web, repo: 'http://127.0.0.1:1/none'", kustomize.Unreachable, "cannot be reached"),
    ],
)
async def test_a_chart_that_cannot_be_had_says_why(
    shop: Shop, write: Write, loader: remotes.Loader, entry: str, kind: type[kustomize.KustomizeError], text: str
) -> None:
    shop.offer("0.0.1", digest="0" * 64)
    shop.offer("0.0.2", url="gone.tgz")
    shop.offer("0.0.3", url="empty.tgz", digest=hashlib.sha256(EMPTY).hexdigest())
    shop.pages["/repo/empty.tgz"] = EMPTY
    repo = "" if "repo:" in entry else f", repo: '{shop.url}'"
    root = write({"kustomization.yaml": f"helmCharts:\n- {{{entry}{repo}}}\n"})
    with pytest.raises(kustomize.KustomizeError) as info:
        await built(root, loader)
    assert isinstance(info.value, kind)
    assert text in info.value.reason
    assert str(info.value.place).startswith("kustomization.yaml:2: helmCharts[0]")


def _empty() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz"):
        pass
    return out.getvalue()


EMPTY = _empty()


def test_a_chart_is_not_fetched_unless_the_caller_allows_it(write: Write) -> None:
    root = write({"kustomization.yaml": "helmCharts:\n- {name: web, repo: 'https://u:s3cret@host.test'}\n"})
    error = failure(root, charts=RENDER)
    assert isinstance(error, kustomize.Refused)
    assert "chart 'web' of 'https://host.test' is refused" in error.reason
    assert "s3cret" not in f"{error} {error.reason}"
