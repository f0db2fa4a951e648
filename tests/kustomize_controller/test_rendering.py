"""Builds that differ in their variables alone share what kustomize gave."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest

from sluice import kustomize, sops, ssa
from sluice_controllers.kustomize import builds, decrypting, rendering
from sluice_controllers.kustomize.rendering import Rendered, Renderings

OVERLAY = kustomize.Overlay()


def order(**variables: str) -> builds.Order:
    return builds.Order(
        path=".",
        overlay=OVERLAY,
        owner=ssa.Owner(namespace="ns", name=variables.get("a", "")),
        substitution=builds.Substitution(variables=variables, strict=False),
    )


def built(root: pathlib.Path, wanted: builds.Order) -> list[dict[str, Any]]:
    objects: list[dict[str, Any]] = json.loads(builds.build(str(root), wanted))["objects"]
    return objects


def rendered(text: str, *, remote: bool = False) -> Rendered:
    return Rendered(objects=[({"data": {"a": text}}, text)], remote=remote, changed=[])


def test_each_gets_its_own_variables_and_labels_out_of_one_rendering(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    real = kustomize.build

    def counted(root: pathlib.Path, *more: Any, **named: Any) -> Any:
        made.append(str(root))
        return real(root, *more, **named)

    monkeypatch.setattr(kustomize, "build", counted)
    (tmp_path / "cm.yaml").write_text(
        'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}\ndata: {a: "${a}", b: "${b:=down}"}\n'
    )
    first, second, third = (
        built(tmp_path, order(**more)) for more in ({"a": "left"}, {"a": "right", "b": "up"}, {"a": "left"})
    )
    assert (first[0]["data"], second[0]["data"]) == ({"a": "left", "b": "down"}, {"a": "right", "b": "up"})
    assert second[0]["metadata"]["labels"]["kustomize.toolkit.fluxcd.io/name"] == "right"
    assert third == first
    assert made == [str(tmp_path)]


def test_what_is_done_to_a_rendering_is_not_seen_by_the_next() -> None:
    known = Renderings()
    for _ in range(3):
        found = known.get("/r", ".", OVERLAY, lambda: rendered("a"))
        assert found == rendered("a")
        found.objects[0][0]["data"]["a"] = "spoilt"
        found.objects.clear()


def test_another_folder_path_or_overlay_is_another_rendering() -> None:
    known = Renderings()
    known.get("/r", ".", OVERLAY, lambda: rendered("a"))
    others = (("/s", ".", OVERLAY), ("/r", "x", OVERLAY), ("/r", ".", kustomize.Overlay(target_namespace="x")))
    for root, path, overlay in others:
        assert known.get(root, path, overlay, lambda: rendered("b")) == rendered("b")


def test_what_came_from_elsewhere_or_is_large_is_made_anew() -> None:
    known = Renderings()
    known.get("/r", ".", OVERLAY, lambda: rendered("a", remote=True))
    assert known.get("/r", ".", OVERLAY, lambda: rendered("b")) == rendered("b")
    large = "x" * (1 << 20)
    known.get("/large", ".", OVERLAY, lambda: rendered(large))
    assert known.get("/large", ".", OVERLAY, lambda: rendered("b")) == rendered("b")


def test_only_the_last_few_are_remembered() -> None:
    known = Renderings()
    for number in range(20):
        known.get(f"/{number}", ".", OVERLAY, lambda: rendered("a"))
    assert known.get("/19", ".", OVERLAY, lambda: rendered("b")) == rendered("a")
    assert known.get("/0", ".", OVERLAY, lambda: rendered("b")) == rendered("b")


def test_what_was_opened_with_somebodys_keys_is_remembered_for_nobody(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rendering.Renderings, "get", lambda *_: pytest.fail("remembered"))
    (tmp_path / "cm.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}\n")
    opened = builds.Order(
        path=".",
        overlay=OVERLAY,
        owner=ssa.Owner(namespace="ns", name="a"),
        decryption=decrypting.Decryption(keys=sops.Keys()),
    )
    assert built(tmp_path, opened)[0]["metadata"]["name"] == "cm"
