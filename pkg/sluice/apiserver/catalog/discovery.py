"""What the server serves, told in the classic documents and in the aggregated one (apidiscovery.k8s.io/v2)."""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from sluice import schema
from sluice.apiserver import kinds
from sluice.apiserver.catalog import registry

Document = dict[str, Any]
AGGREGATED_TYPE = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


class Discovery:
    """Documents by path, made again only after the set of kinds changed."""

    def __init__(self, serving: registry.Registry) -> None:
        self._registry = serving
        self._generation = -1
        self._documents: dict[str, Document] = {}
        self._aggregated: dict[str, Document] = {}

    def classic(self, path: str) -> Document | None:
        """The document at `/api`, `/api/v1`, `/apis`, `/apis/<group>` or `/apis/<group>/<version>`."""
        self._refresh()
        return self._documents.get(path.rstrip("/"))

    def aggregated(self, path: str) -> Document | None:
        """The APIGroupDiscoveryList at `/api` (the core group) or `/apis` (all others)."""
        self._refresh()
        return self._aggregated.get(path.rstrip("/"))

    def _refresh(self) -> None:
        if self._generation == self._registry.generation:
            return
        groups = _grouped(self._registry)
        self._documents = dict(_classic(groups))
        self._aggregated = {
            "/api": _group_list([_group_discovery("", groups[""])]),
            "/apis": _group_list([_group_discovery(name, versions) for name, versions in groups.items() if name]),
        }
        self._generation = self._registry.generation


Versions = Mapping[str, list[kinds.KindInfo]]


def _grouped(serving: Iterable[kinds.KindInfo]) -> dict[str, dict[str, list[kinds.KindInfo]]]:
    """Kinds by group and version; built-in groups in their order, custom ones after them, newest version first."""
    groups: dict[str, dict[str, list[kinds.KindInfo]]] = {}
    for kind in serving:
        groups.setdefault(kind.group, {}).setdefault(kind.version, []).append(kind)
    custom = {name for name, versions in groups.items() if all(one.crd for found in versions.values() for one in found)}
    for name in custom:
        groups[name] = dict(sorted(groups[name].items(), key=lambda item: _priority(item[0]), reverse=True))
    return groups


def _priority(version: str) -> tuple[int, int, int, str]:
    """Kubernetes' order of versions: v2 > v1 > v1beta2 > v1beta1 > v1alpha1 > anything else by name."""
    for stage, rank in (("beta", 2), ("alpha", 1)):
        major, found, minor = version.removeprefix("v").partition(stage)
        if found and version.startswith("v") and major.isdecimal() and minor.isdecimal():
            return rank, int(major), int(minor), ""
    number = version.removeprefix("v")
    if version.startswith("v") and number.isdecimal():
        return 3, int(number), 0, ""
    return 0, 0, 0, version


def _classic(groups: Mapping[str, Versions]) -> Iterable[tuple[str, Document]]:
    yield (
        "/api",
        {
            "kind": "APIVersions",
            "versions": list(groups.get("", {})),
            "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": "127.0.0.1:6443"}],
        },
    )
    named = {name: versions for name, versions in groups.items() if name}
    described = [_group(name, versions) for name, versions in named.items()]
    yield "/apis", {"kind": "APIGroupList", "apiVersion": "v1", "groups": described}
    for document in described:
        yield f"/apis/{document['name']}", {"kind": "APIGroup", "apiVersion": "v1", **document}
    for name, versions in groups.items():
        for version, found in versions.items():
            path = f"/apis/{name}/{version}" if name else f"/api/{version}"
            yield path, _resource_list(found)


def _group(name: str, versions: Versions) -> Document:
    listed = [{"groupVersion": f"{name}/{version}", "version": version} for version in versions]
    return {"name": name, "versions": listed, "preferredVersion": listed[0]}


def _resource_list(found: list[kinds.KindInfo]) -> Document:
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": found[0].api_version,
        "resources": [resource for kind in found for resource in _resources(kind)],
    }


def _resources(kind: kinds.KindInfo) -> Iterable[Document]:
    resource: Document = {
        "name": kind.plural,
        "singularName": kind.singular,
        "namespaced": kind.namespaced,
        "kind": kind.kind,
        "verbs": list(kind.verbs),
    }
    if kind.short_names:
        resource["shortNames"] = list(kind.short_names)
    if kind.categories:
        resource["categories"] = list(kind.categories)
    yield {**resource, "storageVersionHash": _storage_hash(kind)}
    for sub in kind.subresources.values():
        described: Document = {"name": f"{kind.plural}/{sub.name}", "singularName": "", "namespaced": kind.namespaced}
        if sub.gvk != kind.gvk:
            described |= {"group": sub.gvk.group, "version": sub.gvk.version}
        yield {**described, "kind": sub.gvk.kind, "verbs": list(sub.verbs)}


def _storage_hash(kind: kinds.KindInfo) -> str:
    digest = hashlib.sha256(f"{kind.storage.group}/{kind.storage.version}/{kind.kind}".encode()).digest()
    return base64.b64encode(digest[:8]).decode()


def _group_list(groups: list[Document]) -> Document:
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": groups,
    }


def _group_discovery(name: str, versions: Versions) -> Document:
    return {
        "metadata": {"name": name} if name else {},
        "versions": [
            {
                "version": version,
                "resources": [_resource_discovery(kind) for kind in found],
                "freshness": "Current",
            }
            for version, found in versions.items()
        ],
    }


def _resource_discovery(kind: kinds.KindInfo) -> Document:
    found: Document = {
        "resource": kind.plural,
        "responseKind": _response_kind(kind.gvk, kind),
        "scope": "Namespaced" if kind.namespaced else "Cluster",
        "singularResource": kind.singular,
        "verbs": list(kind.verbs),
    }
    if kind.short_names:
        found["shortNames"] = list(kind.short_names)
    if kind.categories:
        found["categories"] = list(kind.categories)
    if kind.subresources:
        found["subresources"] = [
            {"subresource": sub.name, "responseKind": _response_kind(sub.gvk, kind), "verbs": list(sub.verbs)}
            for sub in kind.subresources.values()
        ]
    return found


def _response_kind(gvk: schema.GVK, kind: kinds.KindInfo) -> Document:
    # A built-in resource's own group version is left to be inferred from where it stands.
    own = kind.crd is None and (gvk.group, gvk.version) == (kind.group, kind.version)
    return {"group": "" if own else gvk.group, "version": "" if own else gvk.version, "kind": gvk.kind}
