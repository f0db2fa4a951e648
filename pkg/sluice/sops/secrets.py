"""The keys of a Kubernetes Secret, as they travel to where documents are opened."""

from __future__ import annotations

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
class Keys:
    """What opens documents: the data of a Secret, by key. Picklable; its values are in no text of it."""

    data: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    source: str = ""
    """What messages call the Secret."""

    def only(self, suffix: str) -> Keys:
        """Those whose names end like this."""
        found = {name: value for name, value in self.data.items() if name.endswith(suffix)}
        return Keys(data=found, source=self.source)

    @property
    def digest(self) -> bytes:
        """The same for the same keys, and for no others."""
        digest = hashlib.sha256()
        for name, value in sorted(self.data.items()):
            digest.update(f"{len(name)}:{name}:{len(value)}:".encode("utf-8", "surrogatepass") + value)
        return digest.digest()
