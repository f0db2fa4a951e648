"""The embedded control plane: a Kubernetes API server in one process.

For demo, tests and previews, never for production. What it does not implement answers with a clear Status error, never
with a guess. Clients of it (`sluice.kube` and above) share no code with it, so that an error in one cannot hide in the
other.

    async with EmbeddedServer() as server:
        server.url, server.kubeconfig

The road of a request: `serving` (who asks, may they) -> `verbs` (get, list, watch, create…) -> `writing` (prepare,
admit, managed fields) -> `store`. Beside it run `collector`, `namespaces` and `retiring`, which follow the store,
and `simulate`, which gives workloads the status they would have on a healthy cluster.
"""

from sluice.apiserver import simulate
from sluice.apiserver.server import EmbeddedServer

__all__ = ["EmbeddedServer", "simulate"]
