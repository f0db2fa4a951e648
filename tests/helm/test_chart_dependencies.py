"""What a chart needs: what lies in its `charts/`, what lies beside it, and what nobody has."""

import pathlib

import pytest

from sluice.helm import charts
from sluice.helm.charts import Built, Order
from sluice.testing.charts import CHART, WEB, below, packed, source, unpacked

DB = {"Chart.yaml": "apiVersion: v2\nname: db\nversion: 1.4.0\n", "values.yaml": "size: 1\n"}


def needing(*entries: str) -> dict[str, str | bytes]:
    """A chart with these dependencies."""
    return {**WEB, "Chart.yaml": CHART + "dependencies:\n" + "".join(f"- {{{entry}}}\n" for entry in entries)}


def built(source: pathlib.Path) -> Built:
    found = charts.build(source, "charts/web", Order(), {})
    assert isinstance(found, Built)
    return found


def test_a_chart_beside_it_is_put_in(tmp_path: pathlib.Path) -> None:
    web = needing("name: db, version: 1.x, repository: 'file://../db'")
    found = built(source(tmp_path / "s", {**below("charts/web", web), **below("charts/db", DB)}))
    assert found.resolved == 1
    assert unpacked(found.data)["web/charts/db/values.yaml"] == "size: 1\n"


def test_an_alias_is_the_name_of_the_chart_that_is_put_in(tmp_path: pathlib.Path) -> None:
    web = needing(
        "name: db, version: 1.x, repository: 'file://../db', alias: one",
        "name: db, version: '>=1', repository: 'file://../db.tgz', alias: two",
    )
    there = {**below("charts/web", web), **below("charts/db", DB), "charts/db.tgz": packed(DB, "db/")}
    files = unpacked(built(source(tmp_path / "s", there)).data)
    assert {"web/charts/one/Chart.yaml", "web/charts/two/Chart.yaml"} <= set(files)
    assert files["web/charts/one/Chart.yaml"].startswith("apiVersion: v2\nname: one\n")


def test_charts_that_are_there_are_kept_whatever_their_version(tmp_path: pathlib.Path) -> None:
    web = needing("name: db, version: 9.x, repository: 'https://charts.example'")
    found = built(source(tmp_path / "s", below("charts/web", {**web, "charts/db-1.4.0.tgz": packed(DB, "db/")})))
    assert found.resolved == 0
    assert unpacked(found.data)["web/charts/db/Chart.yaml"] == DB["Chart.yaml"]


def test_charts_that_nobody_asked_for_are_kept_too(tmp_path: pathlib.Path) -> None:
    more = {**below("charts/x", DB), **below("charts/_no", DB), "charts/.README.md": "no chart", "charts/x.prov": "p"}
    files = unpacked(built(source(tmp_path / "s", below("charts/web", {**WEB, **more}))).data)
    assert {name for name in files if "/charts/" in name} == {
        "web/charts/db/Chart.yaml",
        "web/charts/db/values.yaml",
        "web/charts/x.prov",
    }


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        (
            "name: db, version: 1.x, repository: 'file://../no'",
            "no chart found at '/charts/no' (reference 'file://../no')",
        ),
        ("name: db, version: 1.x, repository: ''", "no chart found at '/charts/web/charts/db' (reference '')"),
        ("name: db, version: 2.x, repository: 'file://../db'", "can't get a valid version for constraint '2.x'"),
        (
            "name: db, version: x y, repository: 'file://../db'",
            "invalid version/constraint format 'x y': improper constraint: \"x y\"",
        ),
        (
            "name: db, version: 1.x, repository: 'file://../../../../empty'",
            "failed to load chart from '/empty' (reference 'file://../../../../empty'): "
            "failed to load chart from /empty/: Chart.yaml file is missing",
        ),
    ],
)
def test_what_cannot_be_put_in_is_told(tmp_path: pathlib.Path, entry: str, text: str) -> None:
    there = {**below("charts/web", needing(entry)), **below("charts/db", DB), "empty/x": ""}
    with pytest.raises(charts.DependencyFault) as raised:
        built(source(tmp_path / "s", there))
    assert str(raised.value) == f"dependency build error: failed to add local dependency 'db': {text}"
