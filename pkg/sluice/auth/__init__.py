"""Identities for what is outside the cluster: tokens of ServiceAccounts, exchanged where clouds do that.

A ServiceAccount's token is asked of the API server for one audience, shown to a cloud's token service, and what that
gives is kept until four fifths of its life are over. All of it is a few documented HTTP calls; no SDK of a cloud is
imported here, and nothing of what a token is for: clusters are found here, keys and sources elsewhere.

    identities = connect(client, tasks=tasks, clock=clock, changed=notify, enabled=True, manager="a-controller")
    lent = await identities.credential(Wanted(provider="aws", namespace="apps", account="reader", scope="eu-west-1"))
"""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Mapping

from sluice import aio, kube, web
from sluice.auth.accounts import Account, Accounts, token_of
from sluice.auth.asking import Asker
from sluice.auth.aws import AWS
from sluice.auth.azure import Azure
from sluice.auth.credentials import Cache, CacheObserver, Credential
from sluice.auth.errors import AuthError, NoAccountError
from sluice.auth.gcp import GCP
from sluice.auth.generic import Generic
from sluice.auth.github import App, app_of
from sluice.auth.identities import GATE, Identities, Wanted
from sluice.auth.jwt import claims_of
from sluice.auth.providers import ClusterProvider, ClusterSpec, Place, Provider
from sluice.auth.registries import Registries, RegistryWanted

__all__ = [
    "AWS",
    "GATE",
    "GCP",
    "Account",
    "Accounts",
    "App",
    "Asker",
    "AuthError",
    "Azure",
    "Cache",
    "CacheObserver",
    "ClusterProvider",
    "ClusterSpec",
    "Credential",
    "Generic",
    "Identities",
    "NoAccountError",
    "Place",
    "Provider",
    "Registries",
    "RegistryWanted",
    "Wanted",
    "app_of",
    "claims_of",
    "connect",
    "token_of",
]


def connect(
    client: kube.Client,
    *,
    tasks: aio.TaskOwner,
    clock: aio.Clock,
    changed: Callable[[Hashable], None],
    enabled: bool,
    manager: str,
    namespace: str = "",
    size: int = 100,
    longest: float = 3600.0,
    environment: Mapping[str, str] = os.environ,
    asker: web.Web | None = None,
    observer: CacheObserver | None = None,
) -> Identities:
    """Identities of the cluster of `client`. Nothing is asked or watched until somebody needs one.

    `changed` is told `token_of` every ServiceAccount that changes; `size` and `longest` (seconds) bound what is kept;
    `observer` counts what is asked of that. `asker` asks by way of proxies that users name.
    """
    accounts = Accounts(client, tasks=tasks, clock=clock, changed=changed, namespace=namespace, manager=manager)
    clouds = Asker(tasks, asker)
    providers: dict[str, ClusterProvider] = {
        "aws": AWS(clouds, clock, environment),
        "azure": Azure(clouds, clock, environment),
        "gcp": GCP(clouds, clock, environment),
        "generic": Generic(accounts),
    }
    cache = Cache(clock, size=size, longest=longest, observer=observer)
    return Identities(accounts, providers, cache, clock=clock, enabled=enabled)
