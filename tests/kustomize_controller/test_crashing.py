"""Killed at any moment, the next process knows of everything that was made."""

from __future__ import annotations

from typing import Any

import pytest
from tests.kustomize_controller.conftest import Space, config_map

from sluice import kube
from sluice.testing import polling


class Killed(BaseException):
    """The process ends here."""


async def test_objects_made_before_a_crash_are_pruned_when_git_lost_them_meanwhile(
    space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with space.controller():
        await space.kustomization()
        await space.commit({"keep.yaml": config_map("keep")})
        await space.see_ready()
        applied = kube.Client.apply

        async def dies_after_its_write(self: kube.Client, resource: Any, obj: Any, **options: Any) -> Any:
            answer = await applied(self, resource, obj, **options)
            if obj["metadata"]["name"] == "new" and not options.get("dry_run"):
                # Neither the answer nor anything after it is ever dealt with.
                await polling.eventually(_never, timeout=3600)
            return answer

        monkeypatch.setattr(kube.Client, "apply", dies_after_its_write)
        await space.commit({"new.yaml": config_map("new")})
        await space.see_data("new", {"k": "v"})
    monkeypatch.undo()
    await space.commit({}, remove=("new.yaml",))
    async with space.controller():
        await space.see_data("new", None)
        await space.see(lambda obj: len(obj["status"]["inventory"]["entries"]) == 1)
        assert await space.get("ConfigMap", "keep") is not None


async def _never() -> bool:
    return False
