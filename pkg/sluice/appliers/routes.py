"""How clusters are reached that `spec.kubeConfig` leads to: by a kubeconfig in a Secret, or as an identity."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from sluice import auth, kube, yamlio
from sluice.appliers.configs import ConfigRef, Configs, Kind
from sluice_api import meta

_KEYS: Final = ("value", "value.yaml")


class Unreachable(Exception):
    """There is no way to the cluster; the text is Flux's where it has one, and shows no credentials."""


class Missing(Unreachable):
    """What is referred to is not there."""


@dataclass(frozen=True, kw_only=True)
class Trust:
    """What kubeconfigs of tenants may do on the controller's machine."""

    exec_plugins: bool = False
    insecure_tls: bool = False


@dataclass(frozen=True, kw_only=True)
class Route:
    """The way to one cluster as one identity."""

    key: str
    """The same for the same cluster and identity, and for no others."""
    access: Mapping[str, Any] | kube.Access = field(repr=False)
    """A kubeconfig, or where the server is and whose tokens it takes."""


class Routes:
    """Finds them."""

    def __init__(
        self, configs: Configs, identities: auth.Identities, *, trust: Trust | None = None, default_account: str = ""
    ) -> None:
        """`default_account` reaches clusters for ConfigMaps that name no ServiceAccount; "" is the controller."""
        self._configs = configs
        self._identities = identities
        self._trust = trust or Trust()
        self._default = default_account

    async def find(
        self, namespace: str, wanted: meta.KubeConfigReference, subscribe: Callable[[Hashable], None]
    ) -> Route:
        """The way, as what is referred to says it now. Nothing is sent to the cluster yet.

        `subscribe` is given the tokens of all that decides of it, found or not.

        Raises:
            Unreachable: the reference leads nowhere, or the identity is not to be had.
            KubeError: what is referred to cannot be read for another reason.
        """
        if wanted.secret_ref is not None:
            subscribe(_ref("Secret", namespace, wanted.secret_ref.name).token)
            return await self._by_kubeconfig(namespace, wanted.secret_ref)
        assert wanted.config_map_ref is not None
        subscribe(_ref("ConfigMap", namespace, wanted.config_map_ref.name).token)
        spec = await self._spec(namespace, wanted.config_map_ref.name)
        if spec.account:
            subscribe(auth.token_of(namespace, spec.account))
        try:
            place = await self._identities.place(spec)
            await self._identities.bearer(spec)
            holder = await self._identities.holder(spec.namespace, spec.account)
        except auth.AuthError as error:
            raise Unreachable(str(error)) from None
        told = (repr(spec), spec.authority, spec.audiences, repr(holder), place.host, place.authority)
        access = kube.Access(host=place.host, authority=place.authority, token=lambda: self._identities.bearer(spec))
        return Route(key=hashlib.sha256(repr(told).encode()).hexdigest(), access=access)

    async def _spec(self, namespace: str, name: str) -> auth.ClusterSpec:
        try:
            found = await self._configs.data(_ref("ConfigMap", namespace, name))
        except kube.NotFound as error:
            raise Missing(f"failed to get configmap {namespace}/{name}: {error}") from None
        data = {key: value.decode("utf-8", "replace") for key, value in found.items()}
        audiences = (line.strip() for line in data.get("audiences", "").splitlines())
        return auth.ClusterSpec(
            provider=data.get("provider", ""),
            namespace=namespace,
            account=data.get("serviceAccountName") or self._default,
            resource=data.get("cluster", ""),
            address=data.get("address", ""),
            authority=data.get("ca.crt", ""),
            audiences=tuple(line for line in audiences if line),
        )

    async def _by_kubeconfig(self, namespace: str, wanted: meta.SecretKeyReference) -> Route:
        name = f"{namespace}/{wanted.name}"
        try:
            data = await self._configs.data(_ref("Secret", namespace, wanted.name))
        except kube.NotFound as error:
            raise Missing(f"unable to read KubeConfig secret '{name}' error: {error}") from None
        key = wanted.key or next((key for key in _KEYS if key in data), _KEYS[0])
        if key not in data:
            raise Unreachable(f"KubeConfig secret '{name}' does not contain a '{key}' key with a kubeconfig")
        try:
            document = yamlio.load(data[key], source=key)
        except yamlio.YAMLError as error:
            # Not its text, which may quote a credential.
            raise Unreachable(f"KubeConfig secret '{name}': '{key}' is not YAML (line {error.line})") from None
        if not isinstance(document, dict):
            raise Unreachable(f"KubeConfig secret '{name}': '{key}' is no kubeconfig")
        trust = self._trust
        kept = kube.restricted(document, allow_exec=trust.exec_plugins, allow_insecure=trust.insecure_tls)
        key = hashlib.sha256(orjson.dumps(kept, option=orjson.OPT_SORT_KEYS)).hexdigest()
        return Route(key=key, access=kept)


def _ref(kind: Kind, namespace: str, name: str) -> ConfigRef:
    return ConfigRef(kind=kind, namespace=namespace, name=name)
