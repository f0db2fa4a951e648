"""Policy rules of RBAC: what a rule allows, and whether some rules cover others."""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sluice.apiserver import access

_ALL = "*"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A PolicyRule; an empty `names` means every name."""

    verbs: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()

    @classmethod
    def of(cls, rule: Mapping[str, Any]) -> "Rule":
        """From the object."""
        return cls(
            verbs=tuple(rule.get("verbs") or ()),
            groups=tuple(rule.get("apiGroups") or ()),
            resources=tuple(rule.get("resources") or ()),
            names=tuple(rule.get("resourceNames") or ()),
            urls=tuple(rule.get("nonResourceURLs") or ()),
        )

    def allows(self, asked: access.Attributes) -> bool:
        """Whether this rule alone allows it."""
        if _ALL not in self.verbs and asked.verb not in self.verbs:
            return False
        if not asked.resource:
            return any(_url_covers(url, asked.path) for url in self.urls)
        return (
            (_ALL in self.groups or asked.group in self.groups)
            and self._has_resource(asked.resource, asked.subresource)
            and (not self.names or asked.name in self.names)
        )

    def _has_resource(self, resource: str, subresource: str) -> bool:
        if _ALL in self.resources:
            return True
        if not subresource:
            return resource in self.resources
        return f"{resource}/{subresource}" in self.resources or f"*/{subresource}" in self.resources

    def covers(self, atom: "Rule") -> bool:
        """Whether this rule allows all that an atom (`atoms`) does."""
        return (
            _has_all(self.verbs, atom.verbs)
            and _has_all(self.groups, atom.groups)
            and all(self._has_resource(*_split(resource)) for resource in atom.resources)
            and (not self.names or (bool(atom.names) and set(atom.names) <= set(self.names)))
            and all(any(_url_covers(mine, url) for mine in self.urls) for url in atom.urls)
        )

    def atoms(self) -> Iterator["Rule"]:
        """The rule in pieces of one verb, one group, one resource, one name each."""
        names: Iterable[tuple[str, ...]] = [(name,) for name in self.names] or [()]
        for group, resource, verb, name in itertools.product(self.groups, self.resources, self.verbs, names):
            yield Rule(verbs=(verb,), groups=(group,), resources=(resource,), names=name)
        for url, verb in itertools.product(self.urls, self.verbs):
            yield Rule(verbs=(verb,), urls=(url,))

    def as_object(self) -> dict[str, Any]:
        """The object, without empty fields."""
        fields = {
            "verbs": self.verbs,
            "apiGroups": self.groups,
            "resources": self.resources,
            "resourceNames": self.names,
            "nonResourceURLs": self.urls,
        }
        return {name: list(values) for name, values in fields.items() if values}

    def __str__(self) -> str:
        parts = {
            "APIGroups": self.groups,
            "Resources": self.resources,
            "NonResourceURLs": self.urls,
            "ResourceNames": self.names,
            "Verbs": self.verbs,
        }
        return "{" + ", ".join(f"{name}:{quoted(values)}" for name, values in parts.items() if values) + "}"


EVERYTHING = (
    Rule(verbs=(_ALL,), groups=(_ALL,), resources=(_ALL,)),
    Rule(verbs=(_ALL,), urls=(_ALL,)),
)
"""What an administrator has."""


def missing(held: Iterable[Rule], wanted: Iterable[Rule]) -> list[Rule]:
    """What of the wanted rules the held ones do not cover, verbs of one resource together, sorted as text."""
    owned = tuple(held)
    atoms = [atom for rule in wanted for atom in rule.atoms() if not any(mine.covers(atom) for mine in owned)]
    gathered: dict[Rule, list[str]] = {}
    for atom in atoms:
        bare = Rule(groups=atom.groups, resources=atom.resources, names=atom.names, urls=atom.urls)
        # Only plain resources are gathered: each URL is reported by itself.
        key = bare if not atom.urls else atom
        verbs = gathered.setdefault(key, [])
        if atom.verbs[0] not in verbs:
            verbs.append(atom.verbs[0])
    compact = [
        Rule(verbs=tuple(verbs), groups=key.groups, resources=key.resources, names=key.names, urls=key.urls)
        for key, verbs in gathered.items()
    ]
    return sorted(compact, key=str)


def quoted(values: Iterable[str]) -> str:
    """A list of strings as Go's %q prints it."""
    return "[" + " ".join(f'"{value}"' for value in values) + "]"


def _has_all(mine: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    return _ALL in mine or set(wanted) <= set(mine)


def _split(resource: str) -> tuple[str, str]:
    name, _, subresource = resource.partition("/")
    return name, subresource


def _url_covers(mine: str, url: str) -> bool:
    return mine == url or (mine.endswith("*") and url.startswith(mine.rstrip("*")))
