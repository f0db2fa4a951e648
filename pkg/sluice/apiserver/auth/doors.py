"""What the front door keeps: who people are, what they may, and the key that signs their tokens."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from sluice.apiserver.auth.authenticating import Authenticator
from sluice.apiserver.auth.rbac import Authorizer
from sluice.apiserver.auth.tokens import SigningKey
from sluice.apiserver.cluster import Cluster


@dataclass(frozen=True, kw_only=True)
class Door:
    """Access to one cluster."""

    authenticator: Authenticator
    authorizer: Authorizer
    key: SigningKey

    @classmethod
    def open(cls, cluster: Cluster, directory: Path | None) -> Self:
        """The door of a cluster; its signing key is kept in the directory when there is one."""
        key = SigningKey(directory)
        authorizer = Authorizer(cluster.store)
        authenticator = Authenticator(cluster, key=key, authorizer=authorizer)
        return cls(authenticator=authenticator, authorizer=authorizer, key=key)
