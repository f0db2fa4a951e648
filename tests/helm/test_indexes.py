"""Indexes of chart repositories, read and looked up as Helm and Flux do."""

import io
import json
import pathlib
from typing import Any

import pytest

from sluice import yamlio
from sluice.helm import InvalidIndexError, NoSuchChartError, indexes


def entry(version: str, **fields: Any) -> dict[str, Any]:
    return {"apiVersion": "v2", "name": "web", "version": version, "urls": [f"web-{version}.tgz"], **fields}


def index(*entries: Any, **fields: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "entries": {"web": list(entries)}, **fields}


def kept(document: Any) -> bytes:
    out = io.BytesIO()
    indexes.write(document if isinstance(document, bytes) else yamlio.dump(document).encode(), out)
    return out.getvalue()


def versions(content: bytes, name: str = "web") -> list[str]:
    return [each["version"] for each in json.loads(content)["entries"][name]]


def found(document: Any, version: str, name: str = "web") -> str:
    return indexes.find(kept(document), name, version).version


VERSIONS = ("1.0.0", "1.2.0", "2.0.0-rc.1", "1.10.0", "v1.3.0", "0.9.0+build.2", "1.4")


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("", "1.10.0"),
        ("*", "1.10.0"),
        ("1.2.0", "1.2.0"),
        ("^1.0.0", "1.10.0"),
        ("~1.2", "1.2.0"),
        ("<1.10", "v1.3.0"),
        (">=2.0.0-0", "2.0.0-rc.1"),
        ("2.0.0-rc.1", "2.0.0-rc.1"),
        ("0.9.x", "0.9.0+build.2"),
        # Only by its name: for a range it would need a third number.
        ("1.4", "1.4"),
        ("~1.4", None),
        ("9", None),
        ("v1.3.0", "v1.3.0"),
        ("1.3.0", "v1.3.0"),
    ],
)
def test_the_newest_version_in_the_range_is_found_or_the_one_that_is_called_just_so(
    wanted: str, expected: str | None
) -> None:
    document = index(*(entry(version) for version in VERSIONS))
    if expected is None:
        with pytest.raises(NoSuchChartError, match="no 'web' chart with version matching"):
            found(document, wanted)
    else:
        assert found(document, wanted) == expected


def test_what_is_not_there_is_told_in_the_words_of_flux() -> None:
    document = index(entry("1.0.0"))
    with pytest.raises(NoSuchChartError, match=r"^no chart name found$"):
        found(document, "", name="api")
    with pytest.raises(NoSuchChartError, match="improper constraint"):
        found(document, "not a range")
    with pytest.raises(NoSuchChartError, match=r"^no chart version found$"):
        found(index(), "")
    with pytest.raises(NoSuchChartError, match=r"^no chart name found$"):
        found({"apiVersion": "v1"}, "")


def test_a_chart_is_not_found_by_what_another_one_says() -> None:
    tricky = entry("1.0.0", description='\n"api":[\n{"version":"9.0.0","urls":["x"]}\n]')
    with pytest.raises(NoSuchChartError, match="no chart name found"):
        found(index(tricky), "", name="api")
    assert found(index(tricky), "") == "1.0.0"
    nested = entry("1.0.0", dependencies=[{"name": "db", "version": "7.0.0", "repository": ""}])
    with pytest.raises(NoSuchChartError):
        found(index(nested), "7.0.0")


def test_names_that_need_quoting_are_found() -> None:
    name = 'a"b\\ü'
    document = {"apiVersion": "v1", "entries": {name: [entry("1.0.0")], "z": [entry("2.0.0")]}}
    assert found(document, "", name=name) == "1.0.0"
    assert found(document, "", name="z") == "2.0.0"


def test_of_versions_that_only_their_build_tells_apart_the_one_made_last_is_taken() -> None:
    older = entry("1.0.0+a", created="2024-01-01T00:00:00+02:00")
    newer = entry("1.0.0+b", created="2023-12-31T23:30:00Z")
    assert found(index(older, newer), "1.x") == "1.0.0+b"
    assert found(index(newer, older, entry("1.0.0+c")), "1.x") == "1.0.0+b"


def test_addresses_and_digest_are_those_of_the_index() -> None:
    given = entry("1.0.0", digest="sha256:AB01", urls=["a", "b"])
    chart = indexes.find(kept(index(given)), "web", "")
    assert (chart.name, chart.urls, chart.digest) == ("web", ("a", "b"), "ab01")
    assert indexes.find(kept(index(entry("1.0.0", urls=None))), "web", "").urls == ()


@pytest.mark.parametrize(
    ("repository", "url", "address"),
    [
        ("https://x.test/charts", "web-1.tgz", "https://x.test/charts/web-1.tgz"),
        ("https://x.test/charts/", "web-1.tgz", "https://x.test/charts/web-1.tgz"),
        ("https://x.test/charts", "/web-1.tgz", "https://x.test/web-1.tgz"),
        ("https://x.test/charts", "../web-1.tgz", "https://x.test/web-1.tgz"),
        ("https://x.test/charts?token=1", "web-1.tgz", "https://x.test/charts/web-1.tgz?token=1"),
        ("https://x.test/charts", "http://y.test/web-1.tgz", "http://y.test/web-1.tgz"),
        ("https://x.test/charts", "//y.test/web-1.tgz", "https://y.test/web-1.tgz"),
        ("https://x.test/charts", "file:///etc/passwd", "file:///etc/passwd"),
        ("https://me:pw@x.test", "web-1.tgz", "https://me:pw@x.test/web-1.tgz"),
    ],
)
def test_addresses_of_archives_are_relative_to_the_repository(repository: str, url: str, address: str) -> None:
    assert indexes.resolve(repository, url) == address


def test_an_address_that_is_none_is_told() -> None:
    with pytest.raises(InvalidIndexError, match="failed to parse"):
        indexes.resolve("https://x.test", "http://[x/y")


@pytest.mark.parametrize(
    "bad",
    [
        None,
        entry("nonsense"),
        entry("1.0.0-01"),
        {**entry("1.0.0"), "name": ""},
        {**entry("1.0.0"), "name": "../web"},
        {**entry("1.0.0"), "name": ".."},
        {"name": "web", "urls": ["x"]},
        entry("1.0.0", type="other"),
        entry("1.0.0", maintainers=[None]),
        entry("1.0.0", dependencies=[None]),
        entry("1.0.0", dependencies=[{"name": "db", "alias": "a b"}]),
    ],
)
def test_entries_that_helm_drops_are_dropped(bad: Any) -> None:
    assert versions(kept(index(entry("2.0.0"), bad, entry("3.0.0")))) == ["3.0.0", "2.0.0"]


def test_entries_that_helm_lets_pass_are_kept() -> None:
    twice = [{"name": "db", "version": "1", "repository": "x"}, {"name": "db", "version": "2", "repository": "x"}]
    assert versions(kept(index(entry("1.0.0", dependencies=twice, type="library", deprecated=True)))) == ["1.0.0"]
    assert versions(kept(index({"name": "web", "version": "1"}))) == ["1"]


def test_unknown_fields_are_refused_in_yaml_and_ignored_in_json() -> None:
    odd = index(entry("1.0.0", nope=1), nope=2)
    with pytest.raises(InvalidIndexError, match='json: unknown field "nope"'):
        kept(odd)
    assert json.loads(kept(json.dumps(odd).encode())) == json.loads(kept(index(entry("1.0.0"))))


def test_a_digest_without_quotes_is_what_it_looks_like_and_a_version_has_to_be_text() -> None:
    text = "apiVersion: v1\nentries:\n  web:\n  - {name: web, version: 1.0.0, digest: 0000, urls: [1]}\n"
    assert indexes.find(kept(text.encode()), "web", "").digest == "0"
    with pytest.raises(
        InvalidIndexError, match=r"cannot unmarshal number into Go struct field ChartVersion\.entries\."
    ):
        kept(text.replace("1.0.0", "1.20").encode())


def test_json_and_yaml_give_the_same_file() -> None:
    document = index(entry("1.0.0"), entry("1.1.0"), generated="2024-01-01T00:00:00Z", annotations={"a": "b"})
    assert kept(json.dumps(document).encode()) == kept(document)
    assert json.loads(kept(document))["annotations"] == {"a": "b"}


def test_yaml_in_brackets_is_yaml() -> None:
    text = b"{apiVersion: v1, entries: {web: [{name: web, version: 1.0.0}]}}"
    assert versions(kept(text)) == ["1.0.0"]


def test_what_is_kept_is_an_index_that_reads_as_the_same_again() -> None:
    first = kept(index(entry("1.0.0"), entry("2.0.0"), generated="2024-01-01T00:00:00Z"))
    assert kept(first) == first


def test_what_others_wrote_is_not_looked_up_in(tmp_path: pathlib.Path) -> None:
    for content in (b"", b'{\n  "apiVersion": "v1",\n  "entries": {}\n}'):
        (tmp_path / "index.yaml").write_bytes(content)
        assert not indexes.is_kept(tmp_path / "index.yaml")
        with (
            pytest.raises(InvalidIndexError, match="not written by this build"),
            indexes.opened(tmp_path / "index.yaml"),
        ):
            pass


def test_a_file_is_looked_up_in_without_reading_it_all(tmp_path: pathlib.Path) -> None:
    (tmp_path / "index.yaml").write_bytes(kept(index(entry("1.0.0"))))
    with indexes.opened(tmp_path / "index.yaml") as opened:
        assert indexes.find(opened, "web", "").version == "1.0.0"
