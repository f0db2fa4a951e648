"""Which object is meant, whatever API version serves it, and how inventories spell that.

The spelling is Flux's (and cli-utils'), so that inventories written by either are read by the other:
`<namespace>_<name>_<group>_<kind>`, with the colons of RBAC names written as `__`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sluice import kube


@dataclass(frozen=True, kw_only=True, order=True)
class Identity:
    """An object without its version: two versions of one group serve the same object."""

    group: str
    kind: str
    namespace: str
    name: str

    @classmethod
    def of(cls, obj: Mapping[str, Any]) -> Identity:
        """The identity an object carries; missing parts are ""."""
        return cls.of_ref(kube.ObjectRef.of(obj))

    @classmethod
    def of_ref(cls, ref: kube.ObjectRef) -> Identity:
        """The same object without its version."""
        return cls(group=ref.group, kind=ref.kind, namespace=ref.namespace, name=ref.name)

    @classmethod
    def parse(cls, spelled: str) -> Identity:
        """Read an inventory id.

        Raises:
            ValueError: when the text has not four parts; the message quotes it.
        """
        namespace, mark, rest = spelled.partition("_")
        parts = rest.rsplit("_", 2)
        # What would lead elsewhere as part of a path is no name.
        odd = any(part in (".", "..") or "/" in part or "%" in part for part in (namespace, *parts))
        if not mark or len(parts) != 3 or not parts[0] or not parts[2] or odd:
            raise ValueError(f"{spelled!r} is no inventory id: want <namespace>_<name>_<group>_<kind>")
        name, group, kind = parts
        return cls(group=group, kind=kind, namespace=namespace, name=name.replace("__", ":"))

    @property
    def spelled(self) -> str:
        """The inventory id."""
        return f"{self.namespace}_{self.name.replace(':', '__')}_{self.group}_{self.kind}"

    def at(self, version: str) -> kube.ObjectRef:
        """The object as one version of its group serves it."""
        return kube.ObjectRef(
            group=self.group, version=version, kind=self.kind, namespace=self.namespace, name=self.name
        )

    def __str__(self) -> str:
        return "/".join(part for part in (self.kind, self.namespace, self.name) if part)


def is_readable(spelled: str) -> bool:
    """Whether this is an inventory id."""
    try:
        Identity.parse(spelled)
    except ValueError:
        return False
    return True
