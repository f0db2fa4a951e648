"""What a controller may be killed in the middle of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from tests.kustomize_controller.conftest import (
    KUSTOMIZATIONS,
    SLOW,
    SOURCES,
    Object,
    Space,
    condition,
    config_map,
    finish,
)

from sluice.testing import polling

Act = Callable[[Space], Awaitable[Any]]

FOREIGN: Final = ("lost", "theirs")
"""ConfigMaps of others, which are in the inventory as somebody who edits it can bring about."""


@dataclass(frozen=True, kw_only=True)
class Story:
    """`change` is what is asked of a controller that has seen `before` through; `end` returns when it has done so.

    `end` may be called again and again. `meanwhile` is what happens between its first life and its second one.
    """

    before: Act
    change: Act
    end: Act
    meanwhile: Act | None = None


async def _begin(space: Space) -> str:
    """Objects of three kinds: one outside of namespaces, one that can only be made anew, one that others hold on to."""
    space.files.clear()
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "rules": []}
    held = config_map("held")
    held["metadata"]["finalizers"] = ["example.com/hold"]
    files = {
        "role.yaml": {**role, "metadata": {"name": f"{space.namespace}-reader"}},
        "account.yaml": {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "worker"}},
        "fixed.yaml": _fixed("1"),
        "held.yaml": held,
        **{f"{name}.yaml": config_map(name, k="1") for name in "ab"},
    }
    return await space.commit(files)


def _fixed(value: str) -> Object:
    made = {**config_map("fixed", k=value), "immutable": True}
    made["metadata"]["annotations"] = {"kustomize.toolkit.fluxcd.io/force": "enabled"}
    return made


async def _begin_beside_kubectl(space: Space) -> None:
    """One of the objects is there already, made by hand."""
    await _begin(space)
    mine = config_map("a", k="by kubectl")
    await space.apply({**mine, "metadata": {"name": "a", "namespace": space.namespace}}, by="kubectl")


async def _install(space: Space) -> Object:
    revision = await _begin(space)
    await space.kustomization(deletionPolicy="WaitForTermination")
    return await space.see_applied(revision)


async def _install_beside_others(space: Space) -> None:
    app = await _install(space)
    more = [{"id": f"{space.namespace}_{name}__ConfigMap", "v": "v1"} for name in FOREIGN]
    whole = [*app["status"]["inventory"]["entries"], *more]
    await space.patch_status("Kustomization", "app", {"inventory": {"entries": whole}})


async def _upgrade(space: Space) -> None:
    """Change two, one of them by making it anew; remove two of two kinds; add one."""
    more = {"a.yaml": config_map("a", k="2"), "fixed.yaml": _fixed("2"), "d.yaml": config_map("d", k="2")}
    await space.commit(more, remove=("b.yaml", "account.yaml"))


async def _supersede(space: Space) -> None:
    """What the upgrade brought leaves Git again."""
    await space.commit({"a.yaml": config_map("a", k="3")}, remove=("d.yaml",))


async def _refuse(space: Space) -> None:
    """One object will not do, and one leaves Git."""
    await space.commit({"a.yaml": config_map("a", **{"no key!": "2"}), "d.yaml": config_map("d")}, remove=("b.yaml",))


async def applied(space: Space) -> None:
    """Return when what the source has is applied."""
    source = await space.get("GitRepository", "src", SOURCES)
    assert source is not None
    await space.see_applied(source["status"]["artifact"]["revision"])


async def _delete(space: Space) -> None:
    await space.delete("Kustomization", "app", KUSTOMIZATIONS)


async def gone(space: Space) -> None:
    """Return when the Kustomization is gone; what is held is let go when it is asked to."""

    async def look() -> bool:
        held = await space.get("ConfigMap", "held") or {"metadata": {}}
        if "deletionTimestamp" in held["metadata"] and held["metadata"].get("finalizers"):
            await space.patch("ConfigMap", "held", {"metadata": {"finalizers": None}})
        return await space.get("Kustomization", "app", KUSTOMIZATIONS) is None

    await polling.eventually(look, what="the end of the Kustomization")


async def _meddle(space: Space) -> None:
    """Change one object by hand, and delete another."""
    await space.patch("ConfigMap", "a", {"data": {"k": "by hand"}})
    await space.delete("ConfigMap", "b")


async def _put_back(space: Space) -> None:
    await space.see_data("a", {"k": "1"})
    await space.see_data("b", {"k": "1"})


async def _no_files(space: Space) -> None:
    space.files.clear()
    await space.commit({})


async def _wait(space: Space) -> None:
    """An object of a kind that is defined beside it, and one that somebody else makes ready."""
    group = f"{space.namespace}.example.com"
    widget = {"apiVersion": f"{group}/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": {"size": 1}}
    await space.commit({"crd.yaml": _definition(group), "widget.yaml": widget, "slow.yaml": SLOW})
    await space.kustomization(wait=True, deletionPolicy="WaitForTermination")


def _definition(group: str) -> Object:
    names = {"kind": "Widget", "listKind": "WidgetList", "plural": "widgets", "singular": "widget"}
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    version = {"name": "v1", "served": True, "storage": True, "schema": schema}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"widgets.{group}"},
        "spec": {"group": group, "names": names, "scope": "Namespaced", "versions": [version]},
    }


async def _become_ready(space: Space) -> None:
    await finish(space)
    await applied(space)


async def _refused(space: Space) -> None:
    app = await space.see_ready("False", "ReconciliationFailed")
    assert "no key!" in condition(app)["message"]


STORIES: Final = {
    "install": Story(
        before=_begin_beside_kubectl,
        change=lambda space: space.kustomization(deletionPolicy="WaitForTermination"),
        end=applied,
    ),
    "upgrade": Story(before=_install_beside_others, change=_upgrade, end=applied),
    "upgrade that is superseded": Story(
        before=_install_beside_others, change=_upgrade, end=applied, meanwhile=_supersede
    ),
    "a revision that is refused": Story(before=_install_beside_others, change=_refuse, end=_refused),
    "repair": Story(before=_install, change=_meddle, end=_put_back),
    "deletion": Story(before=_install_beside_others, change=_delete, end=gone),
    "waits for a definition and for health": Story(before=_no_files, change=_wait, end=_become_ready),
}
