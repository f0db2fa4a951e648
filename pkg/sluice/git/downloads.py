"""Single files over HTTP, for callers without an event loop: bounded in bytes and redirects, certificates checked."""

import base64
import http.client
import ssl
import urllib.error
import urllib.request
from http import HTTPStatus
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from sluice.git import urls
from sluice.git.errors import DeadlineError, LoginError, RemoteError, TooLargeError, UnsupportedError

_AGENT = "sluice"


def download(address: str, *, seconds: float, max_bytes: int, outlet: str = "") -> bytes:
    """The content at an http or https ``address``, whose user and password, if any, are the login.

    ``outlet`` is the address of the one to ask through; without one servers are asked directly, or through the proxy
    that the environment names. ``seconds`` bounds each wait for the server, not the whole. Raises the RemoteError tree,
    TooLargeError and UnsupportedError; no text has a login.
    """
    opener = _opener() if outlet else _opener(urllib.request.ProxyHandler(), _https())
    return _read(opener, _request(address, outlet), seconds=seconds, max_bytes=max_bytes)


def failure(outlet: str) -> str:
    """Why the last thing that was asked of the outlet could not be had; RemoteError."""
    request = urllib.request.Request(f"{outlet}/{urls.FAILURE}")  # noqa: S310 - our own address
    return _read(_opener(), request, seconds=5, max_bytes=1 << 16).decode()


def _read(
    opener: urllib.request.OpenerDirector, request: urllib.request.Request, *, seconds: float, max_bytes: int
) -> bytes:
    try:
        with opener.open(request, timeout=seconds) as response:
            content: bytes = response.read(max_bytes + 1)
    except urllib.error.HTTPError as error:
        with error:
            raise _refused(error.code) from None
    except TimeoutError:
        raise DeadlineError from None
    except urllib.error.URLError as error:
        raise _unreachable(error.reason) from None
    except (OSError, http.client.HTTPException) as error:
        raise _unreachable(error) from None
    if len(content) > max_bytes:
        raise TooLargeError(f"the file is larger than {max_bytes} bytes")
    return content


def _request(address: str, outlet: str) -> urllib.request.Request:
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        netloc = (f"[{host}]" if ":" in host else host) + (f":{parts.port}" if parts.port else "")
    except ValueError:
        raise UnsupportedError("this is not an address") from None
    if parts.scheme.lower() not in ("http", "https") or not host:
        raise UnsupportedError("only files on http and https servers can be had")
    # What is no valid address as it stands is made one, as browsers do; what is escaped stays so.
    path, query = quote(parts.path, safe="/%:@!$&'()*+,;=~-._"), quote(parts.query, safe="/%:@!$&'()*+,;=~-._?")
    asked = urlunsplit((parts.scheme.lower(), netloc, path, query, ""))
    request = urllib.request.Request(  # noqa: S310 - the scheme has been checked
        urls.forwarded(outlet, asked) if outlet else asked, headers={"User-Agent": _AGENT}
    )
    if parts.username:
        login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        # Not for whom the server redirects to.
        request.add_unredirected_header("Authorization", "Basic " + base64.b64encode(login.encode()).decode())
    return request


def _opener(*more: urllib.request.BaseHandler) -> urllib.request.OpenerDirector:
    """An opener for HTTP alone: the usual one would follow a redirect to FTP, and opens local files."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        *more,
        urllib.request.HTTPHandler(),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    return opener


def _https() -> urllib.request.HTTPSHandler:
    return urllib.request.HTTPSHandler(context=ssl.create_default_context())


def _refused(status: int) -> RemoteError:
    text = f"HTTP Error: status code {status} ({_phrase(status)})"
    return LoginError(text) if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN) else RemoteError(text)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _unreachable(reason: object) -> RemoteError:
    if isinstance(reason, TimeoutError):
        return DeadlineError()
    if isinstance(reason, ssl.SSLCertVerificationError):
        return RemoteError(f"the server's certificate is not trusted: {reason.verify_message}")
    text = reason.strerror if isinstance(reason, OSError) and reason.strerror else type(reason).__name__
    return RemoteError(f"the server cannot be reached: {text}")
