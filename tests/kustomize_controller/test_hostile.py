"""A repository that means harm costs its own build, with a message that says what is wrong."""

from __future__ import annotations

import asyncio
import pathlib
import time
from typing import Any

import pytest
import structlog
from tests.kustomize_controller.conftest import Space, condition

from sluice import aio, kustomize, ssa, yamlio
from sluice_controllers.kustomize import builds

ORDER = builds.Order(path=".", overlay=kustomize.Overlay(), owner=ssa.Owner(namespace="a", name="b"))


def manifest(**metadata: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", **metadata}}


async def build(pool: aio.WorkerPool, root: pathlib.Path, files: dict[str, Any]) -> bytes:
    for path, content in files.items():
        text = content if isinstance(content, str | bytes) else yamlio.dump(content)
        (root / path).write_bytes(text.encode() if isinstance(text, str) else text)
    return await pool.run(builds.build, str(root), ORDER, timeout=60)


async def test_a_build_that_gives_more_than_the_controller_can_hold_is_refused(
    pool: aio.WorkerPool, tmp_path: pathlib.Path
) -> None:
    generators = [{"name": f"g{number}", "files": ["big"]} for number in range(100)]
    with pytest.raises(kustomize.KustomizeError, match=r"the objects take \d+ bytes, more than the 67108864 allowed"):
        await build(pool, tmp_path, {"kustomization.yaml": {"configMapGenerator": generators}, "big": "z" * 900_000})


@pytest.mark.parametrize(
    "metadata",
    [{"labels": ["a"]}, {"namespace": ["a"]}, {"name": 5}],
)
async def test_metadata_of_a_wrong_shape_is_told_apart_by_the_objects_name(
    pool: aio.WorkerPool, tmp_path: pathlib.Path, metadata: dict[str, Any]
) -> None:
    with pytest.raises(kustomize.KustomizeError, match="failed to decode Kubernetes apiVersion, kind and name"):
        await build(pool, tmp_path, {"a.yaml": manifest(**metadata)})


async def test_a_build_that_ends_as_nobody_foresaw_is_a_failed_build(
    space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(builds, "build", int)  # which a worker cannot call with what a build is given
    with structlog.testing.capture_logs() as logs:
        async with space.controller():
            await space.kustomization()
            await space.commit({"a.yaml": manifest()})
            message = condition(await space.see_ready("False", "BuildFailed"))["message"]
    assert message == "the build ended with an unexpected TypeError; the controller's log has the details"
    (line,) = (line for line in logs if line["event"] == "build error")
    assert line["error"] == "TypeError"
    assert any("sluice/aio/worker.py" in frame for frame in line["stack"])


def laughing(levels: int) -> str:
    """A billion values in a few lines."""
    lines = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    for level in range(1, levels):
        lines.append(f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]")
    return "\n".join(lines)


HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n"


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"a.yaml": HEAD + laughing(12)}, "a.yaml: .*document contains excessive aliasing"),
        ({"kustomization.yaml": laughing(12)}, "line 4: document contains excessive aliasing"),
        ({"a.yaml": f"{HEAD}a: &a [*a]"}, "a.yaml: .*line 4: anchor 'a' value contains itself"),
        ({"a.yaml": f"{HEAD}data: {'[' * 100_000}"}, "a.yaml: .*line 4: exceeded max depth"),
        ({"kustomization.yaml": "resources: [a.json]", "a.json": '{"a":' * 50_000}, "max depth of 250 in File: a.json"),
        ({"a.yaml": "x" * (65 << 20)}, "file 'a.yaml' is larger than 67108864 bytes"),
        ({"a.yaml": f'{HEAD}data: {{k: "\0"}}'}, "a.yaml: .*control characters are not allowed"),
        ({"a.yaml": b"kind: \xff\xfe"}, "a.yaml: .*invalid leading UTF-8 octet"),
        ({"kustomization.yaml": "resources: [.]"}, "cycle detected"),
    ],
)
async def test_what_is_meant_to_take_for_ever_is_refused_at_once_by_file_and_reason(
    pool: aio.WorkerPool, tmp_path: pathlib.Path, files: dict[str, Any], told: str
) -> None:
    began = time.monotonic()
    with pytest.raises(kustomize.KustomizeError, match=told):
        await build(pool, tmp_path, files)
    assert time.monotonic() - began < 10


async def test_what_takes_for_ever_all_the_same_costs_its_own_build_and_no_other(tmp_path: pathlib.Path) -> None:
    documents = "---\n".join(HEAD.replace("x", f"x{number}") for number in range(60_000))
    (tmp_path / "good").mkdir()
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "a.yaml").write_text(documents)
    preload = ("sluice_controllers.kustomize.builds",)
    async with aio.WorkerPool(2, preload=preload, memory_bytes=2 << 30) as pool:
        bad = asyncio.create_task(pool.run(builds.build, str(tmp_path / "bad"), ORDER, timeout=2))
        assert await build(pool, tmp_path / "good", {"a.yaml": HEAD})
        assert not bad.done()
        with pytest.raises(aio.WorkerError, match=r"build took longer than 2s"):
            await bad
