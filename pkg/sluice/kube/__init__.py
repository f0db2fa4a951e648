"""The only door to the Kubernetes API: config, transport, discovery, informers, errors.

Objects are plain `dict`s as the API serves them. No policy lives here: retries, conditions and events are
`sluice.runtime`'s.

::

    async with await kube.Client.connect(user_agent="sluice/0.1") as client:
        pods = await client.resource_for("v1", "Pod")
        informer = kube.Informer(client, pods, metadata_only=True)
        informer.add_handler(lambda event: print(event.kind, kube.ObjectRef.of(event.object)))
        await informer.run()
"""

from typing import TYPE_CHECKING

from sluice import lazy
from sluice.kube.errors import (
    AlreadyExists,
    ApiError,
    BadRequest,
    ConfigError,
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    KubeError,
    NoKindMatch,
    NotFound,
    ServerError,
    TooLarge,
    TooManyRequests,
    Unauthorized,
    Unreachable,
)
from sluice.kube.objects import ABSENT, Object, ObjectList, ObjectPage, ObjectRef, PatchType, WatchEvent
from sluice.kube.resources import Resource

if TYPE_CHECKING:
    from sluice.kube.client import Client
    from sluice.kube.configs import Access, restricted
    from sluice.kube.informers import Event, Handler, Informer, without_managed_fields
    from sluice.kube.stores import Store
    from sluice.kube.transport import Seen
else:
    # What talks to a server stands on the vendor's client and aiohttp, half a second of imports. Worker processes need
    # only the values, and the command line often nothing.
    __getattr__ = lazy.attributes(
        __name__,
        {
            "Access": "configs",
            "Client": "client",
            "Event": "informers",
            "Handler": "informers",
            "Informer": "informers",
            "Seen": "transport",
            "Store": "stores",
            "restricted": "configs",
            "without_managed_fields": "informers",
        },
    )

__all__ = [
    "ABSENT",
    "Access",
    "AlreadyExists",
    "ApiError",
    "BadRequest",
    "Client",
    "ConfigError",
    "Conflict",
    "Event",
    "Forbidden",
    "Gone",
    "Handler",
    "Informer",
    "Invalid",
    "KubeError",
    "NoKindMatch",
    "NotFound",
    "Object",
    "ObjectList",
    "ObjectPage",
    "ObjectRef",
    "PatchType",
    "Resource",
    "Seen",
    "ServerError",
    "Store",
    "TooLarge",
    "TooManyRequests",
    "Unauthorized",
    "Unreachable",
    "WatchEvent",
    "restricted",
    "without_managed_fields",
]
