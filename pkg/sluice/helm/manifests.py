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
_NOTES = "NOTES.txt"
_HOOK = "helm.sh/hook"
_TEST = "test"
_EVENTS = frozenset(
    ("pre-install", "post-install", "pre-delete", "post-delete", "pre-upgrade", "post-upgrade", "pre-rollback")
) | {"post-rollback", _TEST, "test-success"}
_ORDER = (
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
_RANKS = {kind: rank for rank, kind in enumerate(_ORDER)}


@dataclass(frozen=True)
class Manifest:
    """One document of a template."""

    source: str
    text: str
    kind: str
    events: frozenset[str] = frozenset()
    """What it is a hook for, if it is one."""

    @property
    def is_test(self) -> bool:
        """Whether it is part of the chart's tests."""
        return not self.events.isdisjoint((_TEST, "test-success"))


def sort(files: Mapping[str, str]) -> tuple[list[Manifest], list[Manifest]]:
    """The manifests and the hooks of rendered templates, each sorted. Raises TemplateError for what is no YAML.

    Hooks for events that Helm does not know are left out, as Helm does.
    """
    found = [
        manifest
        for source in sorted(files, key=str.encode)
        if not source.endswith(_NOTES) and not posixpath.basename(source).startswith("_")
        for manifest in _documents(source, files[source])
    ]
    found.sort(key=lambda each: (_RANKS.get(each.kind, len(_RANKS)), "" if each.kind in _RANKS else each.kind))
    hooks = [each for each in found if each.events and each.events <= _EVENTS]
    return [each for each in found if not each.events], hooks


def joined(manifests: Iterable[Manifest]) -> str:
    """The text of manifests, each under the name of its template."""
    return "".join(f"---\n# Source: {each.source}\n{each.text}\n" for each in manifests)


def _documents(source: str, text: str) -> Iterable[Manifest]:
    for document in _SEPARATOR.split(text.lstrip()):
        if document.strip():
            kind, events = _head(source, document)
            yield Manifest(source, document.lstrip(), kind, events)


def _head(source: str, document: str) -> tuple[str, frozenset[str]]:
    """The kind, and the events that the document is a hook for."""
    try:
        head = yamlio.load(document, source=source)
    except yamlio.YAMLError as error:
        raise TemplateError(f"YAML parse error on {source}: {error.reason}", template=source) from None
    head = _mapping(source, "the document", head)
    metadata = _mapping(source, "metadata", head.get("metadata"))
    annotations = _mapping(source, "metadata.annotations", metadata.get("annotations"))
    for value in (head.get("apiVersion"), metadata.get("name"), *annotations.values()):
        _text(source, value)
    listed = _text(source, annotations[_HOOK]) if _HOOK in annotations else None
    events = frozenset(event.strip().lower() for event in listed.split(",")) if listed is not None else frozenset()
    return _text(source, head.get("kind")), events


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
