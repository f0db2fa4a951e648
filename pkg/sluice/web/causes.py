"""Why a server could not be asked, in the words of Go's HTTP client, which Flux's messages carry."""

import asyncio
import errno
import os
import ssl
from typing import Final
from urllib.parse import urlsplit

import aiohttp
import aiohttp_socks
from python_socks import ProxyTimeoutError

from sluice.web.errors import DeadlineError, DisconnectedError, ProxyError, WebError
from sluice.web.proxies import Proxy, shown

_PLAIN: Final[dict[type[Exception], str]] = {
    aiohttp.NonHttpUrlRedirectClientError: "redirects to what is not on an HTTP server",
    aiohttp.TooManyRedirects: "stopped after 10 redirects",
    aiohttp.InvalidURL: "http: no Host in request URL",
    aiohttp.ServerDisconnectedError: "unexpected EOF",
    aiohttp.ClientPayloadError: "unexpected EOF",
    ConnectionResetError: "connection reset by peer",
    aiohttp.ClientOSError: "connection reset by peer",
}
_OF_PROXIES: Final = (aiohttp_socks.ProxyError, aiohttp_socks.ProxyConnectionError, aiohttp_socks.ProxyTimeoutError)


def explained(error: Exception, method: str, url: str, proxy: Proxy | None = None) -> WebError:
    """A failure of the transport as a WebError; `proxy` is the SOCKS proxy on the way."""
    if proxy and isinstance(error, _OF_PROXIES):
        asked = urlsplit(url)
        server = f"{asked.hostname}:{asked.port or (443 if asked.scheme == 'https' else 80)}"
        return ProxyError(f'{method.capitalize()} "{shown(url)}": {proxying(error.__cause__ or error, proxy, server)}')
    if isinstance(error, (TimeoutError, asyncio.TimeoutError)):
        return DeadlineError()
    kind = DisconnectedError if _has_hung_up(error) else WebError
    return kind(f'{method.capitalize()} "{shown(url)}": {cause(error)}')


def _has_hung_up(error: Exception) -> bool:
    broken = isinstance(error, aiohttp.ClientOSError) and not isinstance(error, aiohttp.ClientConnectorError)
    return broken or isinstance(error, (aiohttp.ServerDisconnectedError, ConnectionResetError))


def cause(error: Exception) -> str:
    """What went wrong, without what was asked."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return f"tls: failed to verify certificate: x509: {_certificate(error.certificate_error)}"
    if isinstance(error, ssl.SSLCertVerificationError):
        # Behind a SOCKS proxy it is not wrapped.
        return f"tls: failed to verify certificate: x509: {_certificate(error)}"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return f"dial tcp: lookup {error.host}: no such host"
    if isinstance(error, aiohttp.ClientConnectorSSLError):
        if "wrong version number" in str(error).lower():
            return "http: server gave HTTP response to HTTPS client"
        return f"tls: {error.os_error.strerror or 'handshake failed'}".lower()
    if isinstance(error, aiohttp.ClientProxyConnectionError):
        return f"proxyconnect tcp: {_dialling(error)}"
    if isinstance(error, aiohttp.ClientConnectorError):
        return _dialling(error)
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return error.message or f"the proxy answers {error.status}"
    return next((text for kind, text in _PLAIN.items() if isinstance(error, kind)), type(error).__name__)


def proxying(error: BaseException, proxy: Proxy, server: str) -> str:
    """Why a proxy has not led to a server: it could not be asked, or refused."""
    host, port = proxy.endpoint
    way = f"socks connect tcp {host}:{port}->{server}" if proxy.socks else "proxyconnect tcp"
    if isinstance(error, (ProxyTimeoutError, TimeoutError)):
        return f"{way}: dial tcp {host}:{port}: i/o timeout"
    if isinstance(error, OSError):
        text = "connection refused" if error.errno == errno.ECONNREFUSED else _os_error(error)
        return f"{way}: dial tcp {host}:{port}: connect: {text}"
    return f"{way}: {_refusal(str(error))}"


def _dialling(error: aiohttp.ClientConnectorError) -> str:
    text = error.os_error.strerror or str(error.os_error)
    if "Connect call failed" in text or error.os_error.errno == errno.ECONNREFUSED:
        text = "connection refused"
    return f"dial tcp {error.host}:{error.port}: connect: {text.lower()}"


def _os_error(error: OSError) -> str:
    return os.strerror(error.errno).lower() if error.errno else "failed"


def _refusal(text: str) -> str:
    lowered = text.lower()
    if "authentication fail" in lowered:
        return "username/password authentication failed"
    if "acceptable" in lowered:
        return "no acceptable authentication methods"
    # A proxy's status line begins with a number, which Go leaves out.
    return lowered if not text[:3].isdigit() else text[4:]


def _certificate(error: Exception) -> str:
    text = str(getattr(error, "verify_message", "") or "")
    if "self-signed" in text or "unable to get local issuer" in text:
        return "certificate signed by unknown authority"
    return text or "certificate is not valid"
