"""Why a server could not be asked, in the words of Go's HTTP client, which Flux's messages carry."""

import asyncio
from typing import Final

import aiohttp
from python_socks import ProxyConnectionError, ProxyTimeoutError
from python_socks import ProxyError as SocksError

from sluice.web.errors import DeadlineError, ProxyError, WebError
from sluice.web.proxies import shown

_PLAIN: Final[dict[type[Exception], str]] = {
    aiohttp.NonHttpUrlRedirectClientError: "redirects to what is not on an HTTP server",
    aiohttp.TooManyRedirects: "stopped after 10 redirects",
    aiohttp.InvalidURL: "http: no Host in request URL",
    aiohttp.ServerDisconnectedError: "unexpected EOF",
    aiohttp.ClientPayloadError: "unexpected EOF",
    ConnectionResetError: "connection reset by peer",
}


def explained(error: Exception, method: str, url: str) -> WebError:
    """A failure of the transport as a WebError."""
    if isinstance(error, (SocksError, ProxyConnectionError, ProxyTimeoutError)):
        return ProxyError(f'{method.capitalize()} "{shown(url)}": socks connect: {_lowered(str(error))}')
    if isinstance(error, (TimeoutError, asyncio.TimeoutError)):
        return DeadlineError()
    return WebError(f'{method.capitalize()} "{shown(url)}": {cause(error)}')


def cause(error: Exception) -> str:
    """What went wrong, without what was asked."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return f"tls: failed to verify certificate: x509: {_certificate(error.certificate_error)}"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return f"dial tcp: lookup {error.host}: no such host"
    if isinstance(error, aiohttp.ClientConnectorSSLError):
        if "wrong version number" in str(error).lower():
            return "http: server gave HTTP response to HTTPS client"
        return f"tls: {error.os_error.strerror or 'handshake failed'}".lower()
    if isinstance(error, aiohttp.ClientConnectorError):
        text = error.os_error.strerror or str(error.os_error)
        if "Connect call failed" in text or error.os_error.errno == 111:
            text = "connection refused"
        return f"dial tcp {error.host}:{error.port}: connect: {text.lower()}"
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"proxy: {error.status} {error.message}"
    return next((text for kind, text in _PLAIN.items() if isinstance(error, kind)), type(error).__name__)


def _certificate(error: Exception) -> str:
    text = str(getattr(error, "verify_message", "") or "")
    if "self-signed" in text or "unable to get local issuer" in text:
        return "certificate signed by unknown authority"
    return text or "certificate is not valid"


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]
