"""What the front door keeps: who people are, what they may, and the key that signs their tokens."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from sluice.apiserver import auth
from sluice.apiserver.cluster import Cluster


@dataclass(frozen=True, kw_only=True)
class Door:
    """Access to one cluster."""

    authenticator: auth.Authenticator
    authorizer: auth.Authorizer
    key: auth.SigningKey

    @classmethod
    def open(cls, cluster: Cluster, directory: Path | None) -> Self:
        """The door of a cluster; its signing key is kept in the directory when there is one."""
        key = auth.SigningKey(directory)
        authorizer = auth.Authorizer(cluster.store)
        authenticator = auth.Authenticator(cluster, key=key, authorizer=authorizer)
        return cls(authenticator=authenticator, authorizer=authorizer, key=key)
