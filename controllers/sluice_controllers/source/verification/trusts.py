"""Whom an object trusts: what the Secrets of its `spec.verify` say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

from sluice import kube
from sluice.signatures.cosign.identities import Identity
from sluice.signatures.cosign.verifying import Keyed, Keyless
from sluice.signatures.notation.verifying import Trust
from sluice_api import meta
from sluice_api.source.v1 import HelmChartVerification, OCIRepositoryVerification
from sluice_controllers.source.secrets import Secrets

KEY_SUFFIX: Final = ".pub"
CERTIFICATE_SUFFIXES: Final = (".crt", ".pem")
POLICY: Final = "trustpolicy.json"
ROOT: Final = "trusted_root.json"


class TrustError(Exception):
    """It cannot be told whom to trust; in Flux's words."""


class Sigstore(Protocol):
    """The Sigstore of who names none."""

    async def root(self) -> bytes:
        """Its `trusted_root.json`; raises TrustError."""


class Trusts:
    """Reads them."""

    def __init__(self, secrets: Secrets, sigstore: Sigstore) -> None:
        self._secrets = secrets
        self._sigstore = sigstore

    async def cosign(self, namespace: str, wanted: HelmChartVerification) -> Keyed | Keyless:
        """Public keys where a Secret has some, identities otherwise. Raises TrustError."""
        if wanted.secret_ref is None:
            root = await self._root(namespace, wanted)
            listed = wanted.match_oidc_identity or ()
            return Keyless(
                root=root, identities=tuple(Identity(issuer=each.issuer, subject=each.subject) for each in listed)
            )
        data = await self._read(namespace, wanted.secret_ref)
        keys = tuple(data[name] for name in sorted(data) if name.endswith(KEY_SUFFIX))
        if not keys:
            raise TrustError(f"no public keys found in secret '{namespace}/{wanted.secret_ref.name}'")
        return Keyed(pems=keys)

    async def notation(self, namespace: str, wanted: HelmChartVerification, shown: str) -> Trust:
        """A trust policy and certificates; `shown` is what is verified. Raises TrustError."""
        if wanted.secret_ref is None:
            raise TrustError(f"verification secret cannot be empty: '{shown}'")
        data = await self._read(namespace, wanted.secret_ref)
        name = f"{namespace}/{wanted.secret_ref.name}"
        if POLICY not in data:
            raise TrustError(f"'{POLICY}' not found in secret '{name}'")
        certificates = tuple(data[key] for key in sorted(data) if key.endswith(CERTIFICATE_SUFFIXES))
        if not certificates:
            raise TrustError(f"no certificates found in secret '{name}'")
        return Trust(policy=data[POLICY], certificates=certificates)

    async def _root(self, namespace: str, wanted: HelmChartVerification) -> bytes:
        reference = wanted.trusted_root_secret_ref if isinstance(wanted, OCIRepositoryVerification) else None
        if reference is None:
            return await self._sigstore.root()
        name = f"{namespace}/{reference.name}"
        try:
            data = await self._read(namespace, reference)
        except TrustError as error:
            raise TrustError(f"failed to read trusted root from secret '{name}': {error}") from None
        if ROOT not in data:
            text = f"failed to read trusted root from secret '{name}': '{ROOT}' not found in secret '{name}'"
            raise TrustError(text)
        return data[ROOT]

    async def _read(self, namespace: str, reference: meta.LocalObjectReference) -> Mapping[str, bytes]:
        try:
            return await self._secrets.read(namespace, reference.name)
        except kube.KubeError as error:
            raise TrustError(str(error)) from None
