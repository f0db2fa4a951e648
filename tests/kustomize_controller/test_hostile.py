"""A repository that means harm costs its own build, with a message that says what is wrong."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
from tests.kustomize_controller.conftest import Space, condition

from sluice import aio, kustomize, ssa, yamlio
from sluice_controllers.kustomize import builds

ORDER = builds.Order(path=".", overlay=kustomize.Overlay(), owner=ssa.Owner(namespace="a", name="b"))


def manifest(**metadata: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", **metadata}}


async def build(pool: aio.WorkerPool, root: pathlib.Path, files: dict[str, Any]) -> bytes:
    for path, content in files.items():
        (root / path).write_text(content if isinstance(content, str) else yamlio.dump(content))
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
    async with space.controller():
        await space.kustomization()
        await space.commit({"a.yaml": manifest()})
        failed = condition(await space.see_ready("False", "BuildFailed"))
        assert failed["message"] == "the build ended with an unexpected TypeError; the controller's log has the details"
