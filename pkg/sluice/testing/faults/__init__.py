"""A proxy before a real API server that spoils the answers a test names: refuses, cuts, holds or delays them.

async with faults.proxy(kubeconfig) as server:
    server.spoil(faults.refusal(500, "InternalError"), lambda call: call.verb == "apply", times=2)
    client = await kube.Client.connect(server.kubeconfig(), user_agent="test")
"""

from sluice.testing.faults.calls import Call
from sluice.testing.faults.kinds import Fault, half, hang, hang_after, page, refusal, reset, slowly
from sluice.testing.faults.proxies import Proxy, Spoiling, proxy

__all__ = [
    "Call",
    "Fault",
    "Proxy",
    "Spoiling",
    "half",
    "hang",
    "hang_after",
    "page",
    "proxy",
    "refusal",
    "reset",
    "slowly",
]
