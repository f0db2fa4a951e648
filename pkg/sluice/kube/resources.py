"""A kind of object as the server serves it: where its paths are and what can be done with it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from sluice.kube import errors, objects


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One kind in one version. Equality ignores what discovery may or may not tell (verbs, names)."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool

    @property
    def api_version(self) -> str:
        """`group/version`, or `version` alone for the core group."""
        return objects.join_api_version(self.group, self.version)

    def path(self, namespace: str = "", name: str = "", subresource: str = "") -> str:
        """The URL path of the collection, of one object, or of a subresource.

        No namespace on a namespaced resource means the collection across all namespaces, so a name needs one.
        """
        if name and self.namespaced and not namespace:
            raise errors.BadRequest(400, "BadRequest", f"{self.kind} {name!r} needs a namespace")
        parts = ["apis", self.group, self.version] if self.group else ["api", self.version]
        if self.namespaced and namespace:
            parts += ["namespaces", namespace]
        parts += [self.plural, name, *subresource.split("/")]
        if any(part in (".", "..") for part in parts):
            raise errors.BadRequest(400, "BadRequest", f"{self.kind}: '.' and '..' are no names")
        return "/" + "/".join(quote(part, safe=":") for part in parts if part)

    def __str__(self) -> str:
        return f"{self.plural}.{self.group}" if self.group else self.plural
