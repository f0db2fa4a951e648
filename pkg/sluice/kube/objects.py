"""Kubernetes objects as the API serves them, and the values that name and carry them."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Object = dict[str, Any]
"""A Kubernetes object as decoded from JSON. Whoever receives one does not mutate it."""


ABSENT = "1"
"""The resourceVersion of no object: it is that of an empty store. Where there is no object, a version is ignored."""


class PatchType(enum.Enum):
    """Content types of a patch, except server-side apply, which has a verb of its own."""

    STRATEGIC = "application/strategic-merge-patch+json"
    MERGE = "application/merge-patch+json"
    JSON = "application/json-patch+json"


@dataclass(frozen=True, kw_only=True, order=True)
class ObjectRef:
    """The identity of an object; `namespace` is "" for cluster-scoped ones."""

    group: str
    version: str
    kind: str
    namespace: str
    name: str

    @classmethod
    def of(cls, obj: Mapping[str, Any]) -> ObjectRef:
        """The identity an object carries; missing parts are ""."""
        group, version = split_api_version(obj.get("apiVersion") or "")
        meta = obj.get("metadata") or {}
        return cls(
            group=group,
            version=version,
            kind=obj.get("kind") or "",
            namespace=meta.get("namespace") or "",
            name=meta.get("name") or "",
        )

    @property
    def api_version(self) -> str:
        """`group/version`, or `version` alone for the core group."""
        return join_api_version(self.group, self.version)

    def __str__(self) -> str:
        return "/".join(part for part in (self.kind, self.namespace, self.name) if part)


@dataclass(frozen=True, kw_only=True)
class ObjectList:
    """A complete list (all pages) and the resourceVersion to watch from."""

    items: list[Object]
    resource_version: str


@dataclass(frozen=True, kw_only=True)
class ObjectPage:
    """Some objects of a list, the token for the next page ("" when there is none), and the bytes that this one took."""

    items: list[Object]
    token: str
    size: int


@dataclass(frozen=True)
class WatchEvent:
    """One line of a watch.

    `type` is ADDED, MODIFIED, DELETED or BOOKMARK (whose object has only a resourceVersion).
    """

    type: str
    object: Object


def split_api_version(api_version: str) -> tuple[str, str]:
    """`apps/v1` -> (`apps`, `v1`); `v1` -> (``, `v1`)."""
    group, _, version = api_version.rpartition("/")
    return group, version


def join_api_version(group: str, version: str) -> str:
    """The reverse of `split_api_version`."""
    return f"{group}/{version}" if group else version


def resource_version(obj: Mapping[str, Any]) -> str:
    """`metadata.resourceVersion`, "" if absent."""
    return (obj.get("metadata") or {}).get("resourceVersion") or ""
