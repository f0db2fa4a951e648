"""From what templates gave to manifests in the order of `helm template`: by kind, hooks apart."""

import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sluice import yamlio
from sluice.helm.errors import TemplateError

# Helm's own, see its pkg/release/v1/util: Go's \s is ASCII, and its ^ is the beginning of the text.
_SEPARATOR = re.compile(r"(?:^|[\t\n\f\r ]*\n)---[\t\n\f\r ]*")
NOTES = "NOTES.txt"
"""How the names of templates end that are no manifests."""
_HOOK = "helm.sh/hook"
_TEST = "test"
_EVENTS = {
    event: event
    for when in ("pre", "post")
    for event in (f"{when}-install", f"{when}-delete", f"{when}-upgrade", f"{when}-rollback")
} | {_TEST: _TEST, "test-success": _TEST}
"""What Helm calls the events; tests had another name once."""
ORDER = (
    "PriorityClass",
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
)
"""The order in which Helm installs kinds; others come after these, by their names."""
_RANKS = {kind: rank for rank, kind in enumerate(ORDER)}


@dataclass(frozen=True)
class Manifest:
    """One document of a template."""

    source: str
    text: str
    content: Any = None
    """What the text says: a mapping, or None when there are only comments."""

    @property
    def kind(self) -> str:
        """The kind of object."""
        return _text(self.source, (self.content or {}).get("kind"))

    @property
    def name(self) -> str:
        """The name of the object."""
        return _text(self.source, _metadata(self.source, self.content).get("name"))

    def listed(self, annotation: str) -> tuple[str, ...]:
        """The values in an annotation that lists some, in lower case."""
        value = self.annotation(annotation)
        return () if value is None else tuple(each.strip().lower() for each in value.split(","))

    def annotation(self, name: str) -> str | None:
        """The text of an annotation, None when there is none."""
        annotations = _annotations(self.source, self.content)
        return _text(self.source, annotations[name]) if name in annotations else None

    @property
    def events(self) -> tuple[str, ...]:
        """What it is a hook for, if it is one; events that Helm does not know are as they are written."""
        return tuple(_EVENTS.get(event, event) for event in self.listed(_HOOK))

    @property
    def is_test(self) -> bool:
        """Whether it is part of the chart's tests."""
        return _TEST in self.events


def sort(files: Mapping[str, str]) -> tuple[list[Manifest], list[Manifest]]:
    """The manifests and the hooks of rendered templates, each sorted. Raises TemplateError for what is no YAML.

    Hooks for events that Helm does not know are left out, as Helm does.
    """
    found = [_parsed(source, text) for source in sorted(files, key=str.encode) for text in split(source, files[source])]
    found.sort(key=lambda each: (_RANKS.get(each.kind, len(_RANKS)), "" if each.kind in _RANKS else each.kind))
    hooks = [each for each in found if each.events and _EVENTS.keys() >= set(each.events)]
    return [each for each in found if not each.events], hooks


def joined(manifests: Iterable[Manifest]) -> str:
    """The text of manifests, each under the name of its template."""
    return "".join(f"---\n# Source: {each.source}\n{each.text}\n" for each in manifests)


def split(source: str, text: str) -> list[str]:
    """The documents of a template, unless it is one of notes or has only definitions."""
    if source.endswith(NOTES) or posixpath.basename(source).startswith("_"):
        return []
    return [document.lstrip() for document in _SEPARATOR.split(text.lstrip()) if document.strip()]


def _parsed(source: str, text: str) -> Manifest:
    """The document, if what Helm reads of it is what it should be."""
    try:
        content = yamlio.load(text, source=source, last_wins=True)
    except yamlio.YAMLError as error:
        reason = f"YAML parse error on {source}: error converting YAML to JSON: {error}"
        raise TemplateError(reason, template=source) from None
    content = None if content is None else _mapping(source, "the document", content)
    manifest = Manifest(source, text, content)
    for value in ((content or {}).get("apiVersion"), *_annotations(source, content).values()):
        _text(source, value)
    # Both raise for what is no text.
    _ = manifest.kind, manifest.name
    return manifest


def _metadata(source: str, content: Any) -> Mapping[str, Any]:
    return _mapping(source, "metadata", (content or {}).get("metadata"))


def _annotations(source: str, content: Any) -> Mapping[str, Any]:
    return _mapping(source, "metadata.annotations", _metadata(source, content).get("annotations"))


def _text(source: str, value: Any) -> str:
    """The value as text: numbers and booleans will do where Helm wants some, mappings and lists will not."""
    if isinstance(value, dict | list):
        raise TemplateError(f"YAML parse error on {source}: a name or annotation is no text", template=source)
    return "" if value is None else yamlio.text_of(value)


def _mapping(source: str, name: str, value: Any) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise TemplateError(f"YAML parse error on {source}: {name} is no mapping", template=source)
    return value
