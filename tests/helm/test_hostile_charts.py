"""Charts that mean harm: each is refused within its bounds, and says what it is refused for."""

import os
import pathlib
import tarfile
import time
import tracemalloc

import pytest

from sluice.helm import charts
from sluice.helm.charts import Built, Order
from sluice.testing.charts import CHART, WEB, below, packed, source, unpacked, with_members

PATHS = [
    ("web//etc/passwd", "chart illegally contains absolute paths"),
    ("web/../../etc/passwd", "chart illegally references parent directory"),
    ("web/templates/../../../x", "chart illegally references parent directory"),
    ("web\\..\\..\\x", "chart illegally references parent directory"),
    ("passwd", 'chart illegally contains content outside the base directory: "passwd"'),
    ("web/c:/x", "chart contains illegally named files"),
    ("Chart.yaml/x", "chart yaml not in base directory"),
]


def refused(data: bytes, *, asked: bool = False) -> str:
    """Why a chart of a repository is refused."""
    order = Order(wish=charts.Wish(files=("x.yaml",), ignore_missing=True) if asked else charts.Wish())
    with pytest.raises(charts.BuildError) as raised:
        charts.pulled(data, "web", "1.2.3", order)
    return str(raised.value)


@pytest.mark.parametrize("asked", [True, False])
@pytest.mark.parametrize(("path", "text"), PATHS)
def test_paths_that_lead_out_are_refused(path: str, text: str, asked: bool) -> None:
    data = with_members(tarfile.TarInfo("web/Chart.yaml"), tarfile.TarInfo(path))
    assert refused(data, asked=asked).endswith(text)


def test_links_lead_nowhere() -> None:
    link = tarfile.TarInfo("web/templates/passwd")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    hard = tarfile.TarInfo("web/hard")
    hard.type, hard.linkname = tarfile.LNKTYPE, "web/Chart.yaml"
    contents = {f"web/{name}": text.encode() for name, text in WEB.items()}
    data = with_members(*(tarfile.TarInfo(name) for name in contents), link, hard, **contents)
    order = Order(wish=charts.Wish(files=("values.yaml", "hard"), ignore_missing=True))
    files = unpacked(charts.pulled(data, "web", "1.2.3", order).data)
    assert (files["web/templates/passwd"], files["web/hard"]) == ("", "")


def squeezable(size: int) -> bytes:
    """Bytes of which packing leaves a twentieth, as of text that repeats itself."""
    return b"".join(os.urandom(1000) + bytes(19_000) for _ in range(size // 20_000))


def test_a_bomb_is_cut_off() -> None:
    data = packed({**WEB, **{f"{number}.bin": bytes(5 << 20) for number in range(30)}})
    assert len(data) < 1 << 20
    assert refused(data).endswith("the archive is compressed by more than 200 to 1")
    data = packed({**WEB, **{f"{number}.bin": squeezable(5 << 20) for number in range(25)}})
    began = time.process_time()
    tracemalloc.start()
    assert refused(data).endswith("decompressed chart is larger than the maximum size 104857600")
    assert tracemalloc.get_traced_memory()[1] < 150 << 20
    tracemalloc.stop()
    assert time.process_time() - began < 20
    assert "larger than the maximum file size 5242880" in refused(packed({**WEB, "x": bytes((5 << 20) + 1)}))


def test_a_bomb_within_a_chart_counts_for_the_chart() -> None:
    inner = packed({"Chart.yaml": CHART, **{f"{number}.bin": bytes(5 << 20) for number in range(10)}})
    data = packed({**WEB, **{f"charts/c{number}.tgz": inner for number in range(3)}})
    assert "decompressed chart is larger than the maximum size" in refused(data, asked=True)


def test_very_many_files_are_refused() -> None:
    data = with_members(*(tarfile.TarInfo(f"web/templates/{number}") for number in range(501)))
    with pytest.raises(charts.BuildError, match="more than 500 files"):
        charts.pulled(data, "web", "1.2.3", Order(limits=charts.Limits(files=500)))


def test_charts_in_charts_have_a_bottom() -> None:
    data = packed({"Chart.yaml": CHART})
    for _ in range(20):
        data = packed({"Chart.yaml": CHART, "charts/web.tgz": data})
    assert "nested deeper than 16" in refused(data, asked=True)
    deep = {f"{'charts/web/' * depth}Chart.yaml": CHART for depth in range(20)}
    assert "nested deeper than 16" in refused(packed(deep), asked=True)


def test_what_is_packed_too_large_is_refused_before_it_is_read(tmp_path: pathlib.Path) -> None:
    text = "size of chart 'web-1.2.3.tgz' exceeds '10485760' bytes limit"
    assert refused(bytes((10 << 20) + 1)).endswith(text)
    there = source(tmp_path / "s", {"web.tgz": bytes((10 << 20) + 1)})
    with pytest.raises(charts.ReferenceFault, match=r"size of chart 'web.tgz' exceeds '10485760' bytes limit"):
        charts.build(there, "web.tgz", Order(), {})


@pytest.mark.parametrize("file", ["Chart.yaml", "requirements.yaml"])
def test_a_huge_file_of_a_directory_is_refused_by_name(tmp_path: pathlib.Path, file: str) -> None:
    there = source(tmp_path / "s", below("c", {**WEB, file: bytes((5 << 20) + 1)}))
    with pytest.raises(charts.ReferenceFault, match=f"size of '{file}' exceeds '5242880' bytes limit"):
        charts.build(there, "c", Order(), {})


def test_a_large_file_of_a_directory_is_refused_by_name(tmp_path: pathlib.Path) -> None:
    there = source(tmp_path / "s", below("c", {**WEB, "files/x.bin": bytes((5 << 20) + 1)}))
    with pytest.raises(charts.PackageFault) as raised:
        charts.build(there, "c", Order(), {})
    cause = "cannot load file files/x.bin as file size (5242881) exceeds limit (5242880)"
    assert str(raised.value) == f"chart package error: failed to load files from /c/: {cause}"
    found = charts.build(there, "c", Order(limits=charts.Limits(file=6 << 20)), {})
    assert isinstance(found, Built)


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10)
)


def test_values_that_explode_are_refused(tmp_path: pathlib.Path) -> None:
    there = source(tmp_path / "s", {**below("c", {**WEB, "values.yaml": BOMB}), **below("d", WEB), "bomb.yaml": BOMB})
    began = time.process_time()
    with pytest.raises(charts.PackageFault, match="excessive aliasing"):
        charts.build(there, "c", Order(), {})
    with pytest.raises(charts.ValuesFault, match=r"'bomb.yaml' failed: .* excessive aliasing"):
        charts.build(there, "d", Order(wish=charts.Wish(files=("bomb.yaml",))), {})
    with pytest.raises(charts.ReferenceFault, match="excessive aliasing"):
        charts.build(source(tmp_path / "t", {"c/Chart.yaml": BOMB}), "c", Order(), {})
    assert time.process_time() - began < 20


def test_deep_yaml_is_refused(tmp_path: pathlib.Path) -> None:
    deep = "a: " + "[" * 5000 + "]" * 5000
    there = source(tmp_path / "s", below("c", {**WEB, "values.yaml": deep}))
    with pytest.raises(charts.PackageFault, match="exceeded max depth"):
        charts.build(there, "c", Order(), {})


def test_what_is_cut_short_is_refused() -> None:
    assert "cut short" in refused(packed(WEB)[:-20])


def test_a_directory_of_too_much_is_refused(tmp_path: pathlib.Path) -> None:
    files = {f"{number}.bin": squeezable(9 << 20) for number in range(31)}
    there = source(tmp_path / "s", below("c", {**WEB, ".helmignore": "*.bin\n", **files}))
    with pytest.raises(charts.BuildError, match="the directory of the chart holds more than 268435456 bytes"):
        charts.build(there, "c", Order(), {})
