"""HTTP to servers that users name: TLS and proxies of each source, limits on everything, errors in Go's words.

    async with web.Web() as asker:
        answer = await asker.read("https://charts.example.com/index.yaml", limit=50 << 20, access=web.Access(tls=tls))

A login goes to the server it is meant for and to nobody that one redirects to; no netrc file is read, no cookie kept,
and no error shows a login.
"""

from typing import TYPE_CHECKING

from sluice import lazy
from sluice.web.errors import (
    DeadlineError,
    DisconnectedError,
    ProxyError,
    StatusError,
    TLSError,
    TooLargeError,
    WebError,
)
from sluice.web.proxies import Proxy, basic, of_environment, shown
from sluice.web.tls import TLS

if TYPE_CHECKING:
    from sluice.web.asking import Access, Answer, Saved, Web
    from sluice.web.causes import explained
    from sluice.web.serving import loopback
    from sluice.web.tunnels import Tunnel, tunnel
else:
    # Worker processes name addresses, and ask nobody: aiohttp is not theirs.
    __getattr__ = lazy.attributes(
        __name__,
        {
            "Access": "asking",
            "Answer": "asking",
            "Saved": "asking",
            "Tunnel": "tunnels",
            "Web": "asking",
            "explained": "causes",
            "loopback": "serving",
            "tunnel": "tunnels",
        },
    )

__all__ = [
    "TLS",
    "Access",
    "Answer",
    "DeadlineError",
    "DisconnectedError",
    "Proxy",
    "ProxyError",
    "Saved",
    "StatusError",
    "TLSError",
    "TooLargeError",
    "Tunnel",
    "Web",
    "WebError",
    "basic",
    "explained",
    "loopback",
    "of_environment",
    "shown",
    "tunnel",
]
