"""Charts in a source's artifact, and the packages that they become."""

import pathlib

import pytest

from sluice.helm import charts
from sluice.helm.charts import Built, Fetched, Order, Wanted, Wish
from sluice.testing.charts import CHART, WEB, below, packed, source, unpacked

ROOT = {"values-prod.yaml": "replicas: 3\nimage: {name: x}\n", "values-eu.yaml": "image: {tag: b}\n"}


@pytest.fixture
def repository(tmp_path: pathlib.Path) -> pathlib.Path:
    return source(tmp_path / "source.tar.gz", {**below("charts/web", WEB), **ROOT})


def built(source: pathlib.Path, path: str = "charts/web", **order: object) -> Built:
    found = charts.build(source, path, Order(**order), {})  # type: ignore[arg-type]
    assert isinstance(found, Built)
    return found


def test_a_directory_becomes_a_package_of_its_name(repository: pathlib.Path) -> None:
    found = built(repository)
    assert (found.name, found.version, found.packaged, found.values_files) == ("web", "1.2.3", True, ())
    files = unpacked(found.data)
    assert list(files) == ["web/Chart.yaml", "web/values.yaml", "web/templates/cm.yaml", "web/README.md"]
    assert files["web/Chart.yaml"] == CHART
    assert files["web/values.yaml"] == WEB["values.yaml"]


def test_equal_charts_are_equal_packages(repository: pathlib.Path, tmp_path: pathlib.Path) -> None:
    other = source(tmp_path / "other.tar.gz", {**below("elsewhere", WEB), "more": "x"})
    assert built(repository).data == built(other, "elsewhere").data


@pytest.mark.parametrize("path", ["./charts/web", "charts/../charts//web/", "../../charts/web"])
def test_a_path_never_leads_above_the_root(repository: pathlib.Path, path: str) -> None:
    assert built(repository, path).name == "web"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("charts/none", "invalid chart reference: stat /charts/none: no such file or directory"),
        ("charts", "invalid chart reference: open /charts/Chart.yaml: no such file or directory"),
        ("/charts/web", "invalid chart reference: local chart reference path is expected to be relative"),
        ("", "invalid chart reference: no path set for local chart reference"),
        ("values-prod.yaml", "invalid chart reference: gzip: invalid header"),
    ],
)
def test_what_is_no_chart_is_an_invalid_reference(repository: pathlib.Path, path: str, text: str) -> None:
    with pytest.raises(charts.ReferenceFault) as raised:
        built(repository, path)
    assert str(raised.value) == text


def test_a_packed_chart_keeps_its_bytes(tmp_path: pathlib.Path) -> None:
    data = packed(WEB)
    found = built(source(tmp_path / "s.tar.gz", {"web.tgz": data}), "web.tgz")
    assert (found.data, found.packaged) == (data, False)


def test_a_packed_chart_is_packed_again_for_another_version_or_other_values(tmp_path: pathlib.Path) -> None:
    there = source(tmp_path / "s.tar.gz", {"web.tgz": packed(WEB), **ROOT})
    files = unpacked(built(there, "web.tgz", build="0123456789ab").data)
    assert files["web/Chart.yaml"].endswith("version: 1.2.3+0123456789ab\n")
    assert files["web/values.yaml"] == WEB["values.yaml"]
    files = unpacked(built(there, "web.tgz", wish=Wish(files=("values-eu.yaml",))).data)
    assert files["web/values.yaml"] == "image:\n  tag: b\n"


def test_values_files_are_merged_in_their_order(repository: pathlib.Path) -> None:
    wish = Wish(files=("values-prod.yaml", "./values-eu.yaml"))
    found = built(repository, wish=wish, build="7")
    assert (found.version, found.values_files) == ("1.2.3+7", ("values-prod.yaml", "./values-eu.yaml"))
    assert unpacked(found.data)["web/values.yaml"] == "image:\n  name: x\n  tag: b\nreplicas: 3\n"


def test_the_charts_own_values_are_one_of_the_files_only_when_named(repository: pathlib.Path) -> None:
    own = "charts/web/values.yaml"
    found = built(repository, wish=Wish(files=(own, "values-eu.yaml")))
    assert unpacked(found.data)["web/values.yaml"] == "image:\n  tag: b\nreplicas: 1\n"
    # The name alone is what the chart has anyway, and is not looked for at the root of the source.
    assert unpacked(built(repository, wish=Wish(files=("./values.yaml",))).data)["web/values.yaml"].startswith("# a")


@pytest.mark.parametrize(
    ("files", "text"),
    [
        (("none.yaml",), "no values file found at path '/none.yaml' (reference 'none.yaml')"),
        (("../x/none.yaml",), "no values file found at path '/x/none.yaml' (reference '../x/none.yaml')"),
        (("charts",), "no values file found at path '/charts' (reference 'charts')"),
    ],
)
def test_values_files_that_are_not_there_are_told(repository: pathlib.Path, files: tuple[str, ...], text: str) -> None:
    with pytest.raises(charts.ValuesFault) as raised:
        built(repository, wish=Wish(files=files))
    assert str(raised.value) == f"values files merge error: {text}"


def test_missing_values_files_can_be_passed_over(repository: pathlib.Path) -> None:
    found = built(repository, wish=Wish(files=("none.yaml", "values-eu.yaml"), ignore_missing=True))
    assert found.values_files == ("values-eu.yaml",)
    found = built(repository, wish=Wish(files=("none.yaml",), ignore_missing=True))
    assert found.values_files == ()
    assert unpacked(found.data)["web/values.yaml"] == ""


def test_values_that_are_none_are_told(tmp_path: pathlib.Path) -> None:
    there = source(tmp_path / "s.tar.gz", {**below("c", WEB), "bad.yaml": "a: [\n", "list.yaml": "- a\n"})
    with pytest.raises(charts.ValuesFault, match=r"unmarshaling values from 'bad.yaml' failed: error converting YAML"):
        built(there, "c", wish=Wish(files=("bad.yaml",)))
    text = "cannot unmarshal array into Go value of type map\\[string\\]interface {}"
    with pytest.raises(charts.ValuesFault, match=text):
        built(there, "c", wish=Wish(files=("list.yaml",)))


def test_a_chart_without_values_takes_none(tmp_path: pathlib.Path) -> None:
    files = {name: text for name, text in WEB.items() if name != "values.yaml"}
    there = source(tmp_path / "s.tar.gz", {**below("c", files), **ROOT})
    assert "web/values.yaml" not in unpacked(built(there, "c").data)
    with pytest.raises(charts.ValuesFault, match=r"failed to locate values file: values.yaml"):
        built(there, "c", wish=Wish(files=("values-eu.yaml",)))


def test_a_known_version_is_not_packed_again(repository: pathlib.Path) -> None:
    assert built(repository, known=("web", "1.2.3")).data is None
    assert built(repository, known=("web", "1.2.2")).data is not None
    assert built(repository, known=("other", "1.2.3")).data is not None
    assert built(repository, known=("web", "1.2.3"), build="abc").data is not None


def test_build_metadata_takes_the_place_of_what_was_there(tmp_path: pathlib.Path) -> None:
    chart = {**WEB, "Chart.yaml": CHART.replace("1.2.3", "v1.2.3-rc.1+old")}
    assert built(source(tmp_path / "s", below("c", chart)), "c", build="12.3").version == "1.2.3-rc.1+12.3"


def test_metadata_that_is_none_is_refused(repository: pathlib.Path) -> None:
    with pytest.raises(charts.VersionFault) as raised:
        built(repository, build="main/x")
    text = "chart metadata patch error: failed to set SemVer metadata on chart version: invalid metadata string"
    assert str(raised.value) == text


def test_a_chart_of_a_repository_keeps_its_bytes() -> None:
    data = packed(WEB)
    found = charts.pulled(data, "web", "1.2.3", Order())
    assert (found.data, found.packaged, found.version) == (data, False, "1.2.3")
    assert charts.pulled(data, "web", "1.2.3", Order(wish=Wish(files=("values.yaml",)))).data == data


def test_a_chart_of_a_repository_takes_values_files_of_its_own() -> None:
    data = packed({**WEB, "ci/prod.yaml": "replicas: 2\n"})
    found = charts.pulled(data, "web", "1.2.3", Order(wish=Wish(files=("values.yaml", "./ci/prod.yaml")), build="4"))
    assert (found.version, found.packaged, found.values_files) == ("1.2.3+4", True, ("values.yaml", "./ci/prod.yaml"))
    files = unpacked(found.data)
    assert files["web/values.yaml"] == "image:\n  tag: a\nreplicas: 2\n"
    assert files["web/Chart.yaml"].endswith("version: 1.2.3+4\n")
    with pytest.raises(charts.ValuesFault) as raised:
        charts.pulled(data, "web", "1.2.3", Order(wish=Wish(files=("none.yaml",)), build="4"))
    text = "values files merge error: failed to merge chart values: no values file found at path 'none.yaml'"
    assert str(raised.value) == text


def test_no_chart_from_a_repository_is_a_failed_pull() -> None:
    for data, text in (
        (b"<html></html>", "gzip: invalid header"),
        (b"", "EOF"),
        (packed({"x": ""}), "no 'Chart.yaml' found"),
    ):
        with pytest.raises(charts.PullFault) as raised:
            charts.pulled(data, "web", "1.2.3", Order())
        assert str(raised.value) == f"chart pull error: failed to load chart metadata from written chart: {text}"


def test_what_a_chart_needs_of_repositories_is_asked_for(tmp_path: pathlib.Path) -> None:
    needs = "dependencies:\n- {name: db, version: 1.x, repository: 'https://charts.example'}\n"
    there = source(tmp_path / "s", below("c", {**WEB, "Chart.yaml": CHART + needs}))
    found = charts.build(there, "c", Order(), {})
    assert isinstance(found, Wanted)
    assert [(each.name, each.version, each.repository) for each in found.dependencies] == [
        ("db", "1.x", "https://charts.example")
    ]
    got = charts.build(
        there,
        "c",
        Order(),
        {"db": Fetched(version="1.4.0", data=packed({"Chart.yaml": CHART.replace("web", "db")}, "db/"))},
    )
    assert isinstance(got, Built)
    assert got.resolved == 1
    assert "web/charts/db/Chart.yaml" in unpacked(got.data)


def test_a_survey_finds_every_chart_that_lies_unpacked(tmp_path: pathlib.Path) -> None:
    other = {**WEB, "Chart.yaml": "name: other\nversion: 0.1.0\n"}
    bad = {"Chart.yaml": "name: bad\n"}
    there = source(tmp_path / "s", {**below("a/web", WEB), **other, **below("bad", bad), "x.tgz": packed(WEB)})
    assert charts.survey(there) == {("a", "web"): ("web", "1.2.3"), (): ("other", "0.1.0")}
