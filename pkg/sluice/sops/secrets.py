"""Keys and borrowed credentials, as they travel to where documents are opened."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

AGE: Final = ".agekey"
PGP: Final = ".asc"
VAULT: Final = "sops.vault-token"
AWS: Final = "sops.aws-kms"
AZURE: Final = "sops.azure-kv"
GCP: Final = "sops.gcp-kms"


@dataclass(frozen=True, kw_only=True)
class Want:
    """A credential that the keeper of a key asks for."""

    kind: str
    """The kind of keys, as documents name it: `kms`, `azure_kv`, `gcp_kms` or `hc_vault`."""
    of: str = ""
    """What it is good for: a region (AWS), a scope (Azure), an address (Vault)."""


@dataclass(frozen=True, kw_only=True)
class Loan:
    """A credential, or why there is none."""

    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    refused: str = ""


@dataclass(frozen=True, kw_only=True)
class Keys:
    """What opens documents: the data of a Secret, by key. Picklable; its values are in no text of it."""

    data: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    source: str = ""
    """What messages call the Secret."""
    identity: str = ""
    """As whom the keepers of keys are asked: what one may open is not shown to another."""
    lends: frozenset[str] = frozenset()
    """The kinds of keys for which credentials are lent when they are asked for, where the Secret has none."""
    lent: Mapping[Want, Loan] = field(default_factory=dict, repr=False, compare=False)
    """What has been lent. It changes with the hour, and is no part of what the keys are."""

    def only(self, suffix: str) -> Keys:
        """Those whose names end like this."""
        found = {name: value for name, value in self.data.items() if name.endswith(suffix)}
        return dataclasses.replace(self, data=found)

    @property
    def digest(self) -> bytes:
        """The same for the same keys, and for no others."""
        digest = hashlib.sha256(f"{len(self.identity)}:{self.identity}:".encode())
        for name, value in sorted(self.data.items()):
            digest.update(f"{len(name)}:{name}:{len(value)}:".encode("utf-8", "surrogatepass") + value)
        return digest.digest()
