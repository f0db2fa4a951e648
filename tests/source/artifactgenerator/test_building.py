"""Rules of copying, in a worker's room: archives in, archives out."""

import io
import os
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import pytest

from sluice import archive
from sluice.artifact import digests
from sluice_controllers.source.artifactgenerator import building, patterns
from sluice_controllers.source.artifactgenerator.building import Archive, Made, Order
from sluice_controllers.source.artifactgenerator.copying import Copy
from sluice_controllers.source.artifactgenerator.patterns import Output

FILES = {
    "app/base/a.yaml": "a: 1\nb: {x: 1, list: [1, 2]}\n",
    "app/base/b.yaml": "b: 1\n",
    "app/base/README.md": "text\n",
    "app/prod/a.yaml": "b: {list: [3]}\nc: 3\n",
    "app/prod/deep/x.md": "text\n",
    "top.yaml": "top: 1\n",
}


class Bench:
    """Sources on disk, and what is made of them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.sources: dict[str, Archive] = {}
        self._number = 0

    def source(self, alias: str, files: Mapping[str, str | bytes]) -> None:
        tree = self.root / f"{alias}-tree"
        for path, content in files.items():
            file = tree / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        packed = self.root / f"{alias}.tar.gz"
        with packed.open("wb") as out:
            archive.pack(tree, out)
        self.add(alias, packed)

    def add(self, alias: str, packed: Path) -> None:
        self.sources[alias] = Archive(file=packed, digest=f"sha256:{digests.of_file(packed, 'sha256').hexdigest()}")

    def make(self, *copies: Copy, pattern: str = "", name: str = "out", max_bytes: int = 1 << 20) -> tuple[Made, ...]:
        self._number += 1
        folder = self.root / f"folder-{self._number}"
        folder.mkdir()
        order = Order(
            sources=self.sources,
            outputs=(Output(name=name, copies=copies),),
            pattern=pattern,
            folder=folder,
            algorithm="sha256",
            max_bytes=max_bytes,
        )
        made = building.build(order)
        assert sorted(os.listdir(folder)) == sorted(each.file.name for each in made)
        return made

    def files(self, *copies: Copy) -> dict[str, str]:
        (made,) = self.make(*copies)
        return contents(made.file)


def contents(packed: Path) -> dict[str, str]:
    with tarfile.open(packed) as tar:
        return {each.name: tar.extractfile(each).read().decode() for each in tar if each.isfile()}  # type: ignore[union-attr]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    made = Bench(tmp_path)
    made.source("src", FILES)
    return made


@pytest.mark.parametrize(
    ("source", "to", "names"),
    [
        ("@src/top.yaml", "@artifact/", ["top.yaml"]),
        ("@src/top.yaml", "@artifact/x.yaml", ["x.yaml"]),
        ("@src/top.yaml", "@artifact/dir/", ["dir/top.yaml"]),
        ("@src/app/prod", "@artifact/", ["prod/a.yaml", "prod/deep/x.md"]),
        ("@src/app/prod/", "@artifact/x", ["x/prod/a.yaml", "x/prod/deep/x.md"]),
        ("@src/app/prod/*", "@artifact/", ["app/prod/a.yaml", "app/prod/deep/x.md"]),
        ("@src/app/prod/**", "@artifact/", ["a.yaml", "deep/x.md"]),
        ("@src/app/prod/**", "@artifact/x/y", ["x/y/a.yaml", "x/y/deep/x.md"]),
        ("@src/app/*/a.yaml", "@artifact/", ["app/base/a.yaml", "app/prod/a.yaml"]),
        ("@src/**", "@artifact/", sorted(FILES)),
        ("@src/", "@artifact/all/", [f"all/{path}" for path in sorted(FILES)]),
    ],
)
def test_files_and_directories_go_where_cp_would_put_them(bench: Bench, source: str, to: str, names: list[str]) -> None:
    assert sorted(bench.files(Copy(source=source, to=to))) == names


def test_a_file_goes_into_a_directory_that_an_earlier_rule_made(bench: Bench) -> None:
    rules = (Copy(source="@src/app/prod", to="@artifact/"), Copy(source="@src/top.yaml", to="@artifact/prod"))
    assert "prod/top.yaml" in bench.files(*rules)


def test_later_rules_win(bench: Bench) -> None:
    bench.source("other", {"a.yaml": "other: 1\n"})
    rules = (Copy(source="@src/app/base/**", to="@artifact/"), Copy(source="@other/a.yaml", to="@artifact/"))
    assert bench.files(*rules)["a.yaml"] == "other: 1\n"


def test_yaml_is_merged_as_values_of_helm_are(bench: Bench) -> None:
    rules = (
        Copy(source="@src/app/base/a.yaml", to="@artifact/a.yaml", strategy="Merge"),
        Copy(source="@src/app/prod/a.yaml", to="@artifact/a.yaml", strategy="Merge"),
    )
    assert bench.files(*rules) == {"a.yaml": "a: 1\nb:\n  list:\n  - 3\n  x: 1\nc: 3\n"}


@pytest.mark.parametrize(
    ("source", "exclude", "names"),
    [
        ("@src/app/base/**", ("*.md",), ["a.yaml", "b.yaml"]),
        ("@src/app/**", ("**/*.md",), ["base/a.yaml", "base/b.yaml", "prod/a.yaml"]),
        ("@src/app/**", ("app/prod/**",), ["base/README.md", "base/a.yaml", "base/b.yaml"]),
        ("@src/app/**", ("prod",), ["base/README.md", "base/a.yaml", "base/b.yaml"]),
        ("@src/app", ("base/a.yaml", "deep/**"), ["app/base/README.md", "app/base/b.yaml", "app/prod/a.yaml"]),
    ],
)
def test_what_is_excluded_stays_out(bench: Bench, source: str, exclude: tuple[str, ...], names: list[str]) -> None:
    if "deep/**" in exclude:
        exclude = ("base/a.yaml", "prod/deep/**")
    assert sorted(bench.files(Copy(source=source, to="@artifact/", exclude=exclude))) == names


def tarball(entries: Mapping[str, bytes | None]) -> bytes:
    """A tar.gz; None is a link out of it."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, content in entries.items():
            info = tarfile.TarInfo(name)
            if content is None:
                info.type, info.linkname = tarfile.SYMTYPE, "../../../../etc/passwd"
            else:
                info.size = len(content)
            tar.addfile(info, None if content is None else io.BytesIO(content))
    return out.getvalue()


def test_tarballs_are_unpacked_over_what_is_there(bench: Bench) -> None:
    bench.source(
        "packed", {"charts/one.tgz": tarball({"one/x": b"1", "shared": b"1"}), "two.tar.gz": tarball({"shared": b"2"})}
    )
    found = bench.files(Copy(source="@packed/**/*", to="@artifact/out/", strategy="Extract"))
    assert found == {"out/one/x": "1", "out/shared": "2"}
    single = bench.files(Copy(source="@packed/two.tar.gz", to="@artifact/", strategy="Extract"))
    assert single == {"shared": "2"}


def refusal(bench: Bench, rule: Copy) -> str:
    with pytest.raises(building.BuildError) as refused:
        bench.make(rule)
    before = f"out build failed: failed to apply copy operations: failed to apply copy operation from '{rule.source}' "
    assert str(refused.value).startswith(f"{before}to '{rule.to}': ")
    return str(refused.value).removeprefix(f"{before}to '{rule.to}': ")


@pytest.mark.parametrize(
    ("source", "strategy", "told"),
    [
        ("@other/x", "", "source alias 'other' not found"),
        ("@src/none", "", "source 'none' does not exist"),
        ("@src/none/*", "", "no files match pattern 'none/*' in source 'src'"),
        ("@src/[", "", "invalid glob pattern '[': syntax error in pattern"),
        ("@src/app", "Extract", "extract strategy is not supported for directories, got 'app'"),
        ("@src/top.yaml", "Extract", "extract strategy requires tarball file (.tar.gz or .tgz), got 'top.yaml'"),
    ],
)
def test_a_rule_that_cannot_be_followed_is_told_as_in_flux(bench: Bench, source: str, strategy: str, told: str) -> None:
    assert refusal(bench, Copy(source=source, to="@artifact/", strategy=strategy)) == told


def test_excluding_everything_is_a_mistake(bench: Bench) -> None:
    told = refusal(bench, Copy(source="@src/*.yaml", to="@artifact/", exclude=("*.yaml",)))
    assert told == "all files matching pattern '*.yaml' in source 'src' were excluded"
    assert refusal(bench, Copy(source="@src/*", to="@artifact/", exclude=("[",))) == "invalid exclude pattern '['"


@pytest.mark.parametrize(
    ("source", "to"),
    [
        ("@src/../secret", "@artifact/"),
        ("@src/app/../../secret", "@artifact/"),
        ("@src//etc/passwd", "@artifact/"),
        ("@src/top.yaml", "@artifact/../out"),
        ("@src/top.yaml", "@artifact/a/../../out"),
        ("@src/top.yaml", "@artifact//tmp/out"),
        ("@src/app/**", "@artifact/../"),
    ],
)
def test_no_path_leads_out(bench: Bench, source: str, to: str) -> None:
    (bench.root / "secret").write_text("secret")
    assert "path escapes from parent" in refusal(bench, Copy(source=source, to=to))
    assert not [path for path in bench.root.rglob("out") if path.name == "out"]


@pytest.mark.parametrize(
    "hostile",
    [
        tarball({"../../out": b"x"}),
        tarball({"/tmp/out": b"x"}),
        tarball({"zeros": bytes(101 << 20)}),
        b"no archive",
    ],
    ids=["climbs", "absolute", "large", "none"],
)
def test_a_hostile_tarball_in_a_source_is_refused(bench: Bench, hostile: bytes) -> None:
    bench.source("bad", {"x.tgz": hostile})
    rule = Copy(source="@bad/x.tgz", to="@artifact/", strategy="Extract")
    assert refusal(bench, rule).startswith("failed to extract tarball 'x.tgz'")


def test_links_in_a_tarball_are_dropped(bench: Bench) -> None:
    bench.source("links", {"x.tgz": tarball({"link": None, "file": b"1"})})
    assert bench.files(Copy(source="@links/x.tgz", to="@artifact/", strategy="Extract")) == {"file": "1"}


def test_an_artifact_that_grows_too_large_is_refused(bench: Bench) -> None:
    bench.source("large", {"x": "x" * 1000})
    rules = [Copy(source="@large/x", to=f"@artifact/{number}") for number in range(11)]
    with pytest.raises(building.BuildError, match="would be larger"):
        bench.make(*rules, max_bytes=10_000)


@pytest.mark.parametrize("text", ["a: [1\n", "- 1\n", "a: &a [*a]\n"])
def test_what_is_no_map_is_not_merged(bench: Bench, text: str) -> None:
    bench.source("bad", {"a.yaml": text})
    rules = (
        Copy(source="@src/app/base/a.yaml", to="@artifact/a.yaml"),
        Copy(source="@bad/a.yaml", to="@artifact/a.yaml", strategy="Merge"),
    )
    with pytest.raises(building.BuildError, match="cannot unmarshal YAML document"):
        bench.make(*rules)


def test_a_source_of_which_a_byte_differs_is_not_unpacked(bench: Bench) -> None:
    file = bench.sources["src"].file
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    with pytest.raises(building.FetchError, match="computed digest doesn't match"):
        bench.make(Copy(source="@src/top.yaml", to="@artifact/"))


def test_equal_content_gives_equal_files_and_names(bench: Bench) -> None:
    rule = Copy(source="@src/app/**", to="@artifact/")
    (one,), (two,) = bench.make(rule), bench.make(rule)
    assert (one.digest, one.filename) == (two.digest, two.filename)
    assert one.file.read_bytes() == two.file.read_bytes()


def test_the_name_of_the_file_is_the_checksum_that_flux_makes(bench: Bench) -> None:
    bench.source("plain", {"a": "a", "b/c": "c"})
    (made,) = bench.make(Copy(source="@plain/**", to="@artifact/"))
    sums = b"620062  out/a\n640064  out/b/c\n"
    assert made.filename == f"{zlib.adler32(sums)}.tar.gz"


def test_a_pattern_makes_an_artifact_of_each_directory(bench: Bench) -> None:
    bench.source("fleet", {"apps/Web/envs/prod/x.yaml": "1", "apps/db/envs/test/x.yaml": "2", "apps/README": ""})
    made = bench.make(
        Copy(source="@fleet/apps/{app}/envs/{env}/**", to="@artifact/{env}/"),
        pattern="@fleet/apps/{app}/envs/{env}",
        name="{app}-{env}",
    )
    assert [(each.output.name, dict(each.output.labels)) for each in made] == [
        ("web-prod", {"app": "web", "env": "prod"}),
        ("db-test", {"app": "db", "env": "test"}),
    ]
    assert contents(made[0].file) == {"prod/x.yaml": "1"}


@pytest.mark.parametrize(
    ("pattern", "name", "told"),
    [
        ("@none/{a}", "{a}", 'pathPattern "@none/{a}": source alias none not found in local sources'),
        ("@fleet/{a", "{a}", "missing closing brace"),
        ("@fleet/a}", "{a}", "missing opening brace"),
        ("@fleet/{}", "{a}", "empty capture variable"),
        ("@fleet/{1a}", "{a}", 'capture variable "1a" must be a valid capture name'),
        ("@fleet/{_a}", "x", 'capture variable "_a" is not a valid Kubernetes label key'),
        ("@fleet/{a}/{a}", "{a}", 'duplicate capture variable "a"'),
        ("@fleet/apps/{a}", "{b}", 'capture variable "b" is not defined by pathPattern'),
        ("@fleet/apps/{a}", "same", 'both resolve to artifact name "same"'),
        ("@fleet/apps/{a}", "{a}_", "is not a valid Kubernetes object name"),
        ("@fleet/odd/{a}", "x", 'captured value "-x" for variable "a" is not a valid Kubernetes label value'),
    ],
)
def test_a_pattern_that_gives_no_artifacts_is_told(bench: Bench, pattern: str, name: str, told: str) -> None:
    bench.source("fleet", {"apps/one/x": "1", "apps/two/x": "2", "odd/-x/y": ""})
    with pytest.raises(patterns.PatternError) as refused:
        bench.make(Copy(source="@fleet/apps/**", to="@artifact/"), pattern=pattern, name=name)
    assert told in str(refused.value)
