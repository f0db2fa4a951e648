"""The embedded control plane: a Kubernetes API server in one process.

For demo, tests and previews, never for production. What it does not implement answers with a clear Status error, never
with a guess. Clients of it (`sluice.kube` and above) share no code with it, so that an error in one cannot hide in the
other.

    async with EmbeddedServer() as server:
        server.url, server.kubeconfig

The road of a request: `front` (who asks, may they) -> `verbs` (get, list, watch, create…) -> `writes` (prepare, admit,
managed fields) -> `storage`. Beside it `housekeeping` follows the storage, and `simulate` gives workloads the status
they would have on a healthy cluster.

The rooms from the top; each imports only from below it, and those on one line do not know each other:

    server                starts and stops the whole
    front                 HTTP: listening, letting in, answering, what is no resource, certificates and kubeconfig
    verbs                 a request to a resource, to an answer: reading, watching, subresources, reviews
    auth | simulate       who asks and may they | workloads that become ready without a kubelet
    housekeeping          garbage collector, namespaces, CRDs that go, what a cluster is born with
    writes                an object or a patch, to a stored object; deletion
    cluster               what all of them share: the objects, the kinds served, the clock
    messages | tables     bodies and headers, read and written | objects as rows for `kubectl get`
    catalog | selecting   the kinds served right now, and what is told of them | selectors and JSON paths
    errors                every refusal, as the Status a real server sends
    validation            what may be stored, in Kubernetes' words
    kinds | access        what is known about a kind | what is known about a user and a wish
    storage               objects under one revision counter, their watches, their file; knows no rules
"""

from sluice.apiserver import simulate
from sluice.apiserver.server import EmbeddedServer

__all__ = ["EmbeddedServer", "simulate"]
