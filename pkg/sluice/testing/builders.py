"""Builders of the objects that tests need, with the shortest text that says what matters."""

from typing import Any

from sluice_api.kustomize import v1 as kustomizev1
from sluice_api.source import v1 as sourcev1

Object = dict[str, Any]


def git_repository(name: str, namespace: str, url: str, **spec: Any) -> Object:
    """A GitRepository of the branch main; `spec` adds fields or replaces them."""
    defaults = {"interval": "1h", "url": url, "ref": {"branch": "main"}}
    return _object(sourcev1.GitRepository.names.api_version, "GitRepository", name, namespace, {**defaults, **spec})


def kustomization(name: str, namespace: str, source: str, **spec: Any) -> Object:
    """A Kustomization of a GitRepository, applied to its own namespace; `spec` adds fields or replaces them."""
    defaults = {
        "interval": "1h",
        "retryInterval": "1h",
        "path": "./",
        "prune": True,
        "targetNamespace": namespace,
        "sourceRef": {"kind": "GitRepository", "name": source},
    }
    return _object(kustomizev1.Kustomization.names.api_version, "Kustomization", name, namespace, {**defaults, **spec})


def config_map(name: str, **data: str) -> Object:
    """A ConfigMap, as a manifest in a repository has it."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def _object(api_version: str, kind: str, name: str, namespace: str, spec: Object) -> Object:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec}
