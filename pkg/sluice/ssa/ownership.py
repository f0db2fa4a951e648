"""Whose an object is: the two labels that Flux writes on everything it applies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sluice.ssa import controls

Object = dict[str, Any]


@dataclass(frozen=True, kw_only=True, order=True)
class Owner:
    """The Kustomization that objects belong to."""

    namespace: str
    name: str

    @classmethod
    def of(cls, obj: Mapping[str, Any]) -> Owner | None:
        """The owner that an object's labels name, if both are there."""
        labels = (obj.get("metadata") or {}).get("labels") or {}
        name, namespace = labels.get(controls.OWNER_NAME), labels.get(controls.OWNER_NAMESPACE)
        return cls(namespace=namespace, name=name) if name and namespace else None

    @property
    def labels(self) -> dict[str, str]:
        """The labels of everything that is owned."""
        return {controls.OWNER_NAME: self.name, controls.OWNER_NAMESPACE: self.namespace}

    def owns(self, live: Mapping[str, Any]) -> bool:
        """Whether the object still carries this owner's labels."""
        return Owner.of(live) == self

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


def with_metadata(
    obj: Mapping[str, Any], *, labels: Mapping[str, str], annotations: Mapping[str, str] | None = None
) -> Object:
    """The object with these labels and annotations set, over any it has.

    Those it has count only when all of them are texts: Flux reads a mapping with a number in it as none at all.
    """
    meta = dict(obj.get("metadata") or {})
    for field, values in (("labels", labels), ("annotations", annotations or {})):
        if values:
            before = meta.get(field) or {}
            sound = all(isinstance(value, str) for value in before.values())
            meta[field] = {**(before if sound else {}), **values}
    return {**obj, "metadata": meta}
