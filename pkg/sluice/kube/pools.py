"""The connections to a server: TLS, client certificates, keepalive, proxies."""

from __future__ import annotations

import contextlib
import os
import socket
import tempfile
from collections.abc import Iterator
from typing import Any

import aiohttp

from sluice.kube import configs
from sluice.kube.vendor import rest

# Shorter than the 75 s and 90 s after which our and the real server drop idle connections: we never write into a
# closing one.
_KEEPALIVE_SECONDS = 60


class Pool(rest.RESTClientObject):  # type: ignore[misc]  # the vendor's classes are untyped
    """The vendor's pool with our connector.

    No cap, as every watch holds a connection; dead peers are noticed within a minute.
    """

    def __init__(self, settings: configs.Settings) -> None:
        configuration = settings.configuration
        # Go's TLS does not insist on RFC 5280's optional extensions, and many cluster CAs lack them.
        configuration.disable_strict_ssl_verification = True
        configuration.client_session_kwargs = {
            "trust_env": False,  # would read ~/.netrc on the event loop and send what it finds
            "cookie_jar": aiohttp.DummyCookieJar(),
            "read_bufsize": 2**18,
        }
        super().__init__(configuration)
        self._session: aiohttp.ClientSession | None = None
        if settings.certificate:
            with _file_of(settings.certificate + b"\n" + settings.key) as path:
                self.ssl_context.load_cert_chain(path)

    def session(self) -> aiohttp.ClientSession:
        """The session, made when first asked for."""
        if self._session is None:
            self._session = self.pool_manager = self._create_pool_manager()
        return self._session

    def _create_connector(self) -> aiohttp.TCPConnector:
        return aiohttp.TCPConnector(
            limit=0, ssl=self.ssl_context, keepalive_timeout=_KEEPALIVE_SECONDS, socket_factory=_socket_with_keepalive
        )


def _socket_with_keepalive(info: Any) -> socket.socket:
    family, kind, proto, _, _ = info
    sock = socket.socket(family, kind, proto)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, option):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
    return sock


@contextlib.contextmanager
def _file_of(content: bytes) -> Iterator[str]:
    """A path that reads as `content` without it reaching a disk, where the system can do that."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("tls")
        try:
            os.write(descriptor, content)
            yield f"/proc/self/fd/{descriptor}"
        finally:
            os.close(descriptor)
        return
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        yield file.name
