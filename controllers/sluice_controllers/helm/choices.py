"""How a HelmRelease wants its actions done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal

from sluice_api.helm.v2 import HelmReleaseSpec
from sluice_controllers.helm import values
from sluice_controllers.helm.actions.working import Options
from sluice_controllers.helm.deciding import Action
from sluice_controllers.helm.postrenderers import origin_labels
from sluice_controllers.helm.values import Run

_KEPT: Final = 5
_MODES: Final = {"enabled": True, "disabled": False}
"""Others are as the release was that is followed."""
_PROPAGATIONS: Final[Mapping[str, Literal["Background", "Foreground", "Orphan"]]] = {
    "background": "Background",
    "foreground": "Foreground",
    "orphan": "Orphan",
}


def of(run: Run, action: Action) -> Options:
    """The options of an action, defaults included."""
    choose = _CHOICES.get(action)
    chosen = Options() if choose is None else choose(run.spec)
    keep = _KEPT if run.spec.max_history is None else run.spec.max_history
    origin = origin_labels(run.owner.namespace, run.owner.name)
    return chosen.with_common(timeout=values.timeout(run.spec, action.value), keep=keep, origin=origin)


def _install(spec: HelmReleaseSpec) -> Options:
    given = spec.install
    if given is None:
        return Options()
    return Options(
        wait=not given.disable_wait,
        wait_for_jobs=not given.disable_wait_for_jobs,
        hooks=not given.disable_hooks,
        take_ownership=not given.disable_take_ownership,
        strict=not given.disable_open_api_validation,
        server_side=given.server_side_apply is not False,
        create_namespace=bool(given.create_namespace and spec.target_namespace),
        replace=bool(given.replace),
        definitions=given.crds or "Create",
    )


def _upgrade(spec: HelmReleaseSpec) -> Options:
    given = spec.upgrade
    if given is None:
        return Options(server_side=None)
    return Options(
        wait=not given.disable_wait,
        wait_for_jobs=not given.disable_wait_for_jobs,
        hooks=not given.disable_hooks,
        take_ownership=not given.disable_take_ownership,
        strict=not given.disable_open_api_validation,
        server_side=_MODES.get(given.server_side_apply or ""),
        force=bool(given.force),
        cleanup=bool(given.cleanup_on_fail),
        definitions=given.crds or "Create",
    )


def _rollback(spec: HelmReleaseSpec) -> Options:
    given = spec.rollback
    if given is None:
        return Options(server_side=None)
    return Options(
        wait=not given.disable_wait,
        wait_for_jobs=not given.disable_wait_for_jobs,
        hooks=not given.disable_hooks,
        server_side=_MODES.get(given.server_side_apply or ""),
        force=bool(given.force),
        cleanup=bool(given.cleanup_on_fail),
    )


def _uninstall(spec: HelmReleaseSpec) -> Options:
    given = spec.uninstall
    if given is None:
        return Options()
    return Options(
        wait=not given.disable_wait,
        hooks=not given.disable_hooks,
        keep_history=bool(given.keep_history),
        propagation=_PROPAGATIONS[given.deletion_propagation],
    )


_CHOICES: Final[Mapping[Action, Callable[[HelmReleaseSpec], Options]]] = {
    Action.INSTALL: _install,
    Action.UPGRADE: _upgrade,
    Action.ROLLBACK: _rollback,
    Action.UNINSTALL: _uninstall,
}
