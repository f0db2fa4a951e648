"""Whose an object is: Helm's label and annotations, and what they say of an object that is there already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sluice.helm.releases.records import Release
from sluice_controllers.helm.objects.sets import Item

_MANAGED_BY: Final = "app.kubernetes.io/managed-by"
_HELM: Final = "Helm"
_NAME: Final = "meta.helm.sh/release-name"
_NAMESPACE: Final = "meta.helm.sh/release-namespace"
_POLICY: Final = "helm.sh/resource-policy"
_KEEP: Final = "keep"


@dataclass(frozen=True, kw_only=True)
class Owner:
    """A release, as its objects name it."""

    name: str
    namespace: str

    @classmethod
    def of(cls, release: Release) -> Owner:
        """The release that a revision is of."""
        return cls(name=release.name, namespace=release.namespace)

    def marked(self, item: Item) -> Item:
        """The object as it is written: as this release's."""
        metadata = dict(item.obj["metadata"])
        metadata["labels"] = {**(metadata.get("labels") or {}), _MANAGED_BY: _HELM}
        metadata["annotations"] = {**(metadata.get("annotations") or {}), **self._annotations}
        return Item(resource=item.resource, obj={**item.obj, "metadata": metadata})

    def objection(self, live: Mapping[str, Any]) -> str:
        """Why an object is not this release's, in Helm's words; empty if it is."""
        wrong = [_told("label", labels_of(live), _MANAGED_BY, _HELM)]
        wrong += [_told("annotation", annotations_of(live), key, value) for key, value in self._annotations.items()]
        told = "; ".join(each for each in wrong if each)
        return f"invalid ownership metadata; {told}" if told else ""

    def is_others(self, live: Mapping[str, Any]) -> bool:
        """Whether an object says that it is another release's; one that says nothing is not."""
        found = annotations_of(live)
        return any(found.get(key, value) != value for key, value in self._annotations.items())

    @property
    def _annotations(self) -> dict[str, str]:
        return {_NAME: self.name, _NAMESPACE: self.namespace}


def is_kept(obj: Mapping[str, Any]) -> bool:
    """Whether an object says that it is not to be deleted with its release."""
    return annotations_of(obj).get(_POLICY) == _KEEP


def has_policy(obj: Mapping[str, Any]) -> bool:
    """Whether an object says anything of that, be it something else than to keep it: Helm deletes none of those."""
    return _POLICY in annotations_of(obj)


def labels_of(obj: Mapping[str, Any]) -> Mapping[str, Any]:
    """The labels of an object."""
    return obj["metadata"].get("labels") or {}


def annotations_of(obj: Mapping[str, Any]) -> Mapping[str, Any]:
    """The annotations of an object."""
    return obj["metadata"].get("annotations") or {}


def _told(what: str, found: Mapping[str, Any], key: str, value: str) -> str:
    if key not in found:
        return f'{what} validation error: missing key "{key}": must be set to "{value}"'
    if found[key] != value:
        return f'{what} validation error: key "{key}" must equal "{value}": current value is "{found[key]}"'
    return ""
