"""Which own objects a change of another kind's object concerns: ready-made `Wake` functions for `Controller.watch`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sluice import kube
from sluice.runtime.controllers import Wake
from sluice.runtime.requests import Request


def dependents(
    store: kube.Store,
    index: str,
    key: Callable[[kube.Object], str],
    *,
    when: Callable[[kube.Event], bool] | None = None,
) -> Wake:
    """Wake the objects that the index of the own store holds under the changed object's key.

    `when` says which changes matter; without it all do. Add the index first: `store.add_index(index, …)`.
    """

    def wake(event: kube.Event) -> Iterable[Request]:
        if when is not None and not when(event):
            return ()
        return sorted(request_of(obj) for obj in store.by_index(index, key(event.object)))

    return wake


def field_changed(*path: str) -> Callable[[kube.Event], bool]:
    """A change matters when the value at the path does: it appeared, changed or went (say `status`, `artifact`)."""

    def changed(event: kube.Event) -> bool:
        if event.kind == "DELETED":
            return True
        before = None if event.old is None else _at(event.old, path)
        return bool(before != _at(event.object, path))

    return changed


def request_of(obj: kube.Object) -> Request:
    """The request for an object."""
    return Request(obj["metadata"].get("namespace", ""), obj["metadata"]["name"])


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for field in path:
        value = value.get(field) if isinstance(value, dict) else None
    return value
