"""URLs, IP addresses and networks, each as its own string."""

import ipaddress
from urllib.parse import SplitResult, parse_qs, quote, urlsplit

from sluice.cel.libraries.functions import Function, function, method


def _url(text: str) -> str:
    _split(text)
    return text


def _split(text: str) -> SplitResult:
    parts = urlsplit(text)
    # As url.ParseRequestURI: absolute, or a path from the root.
    if not parts.scheme and not text.startswith("/"):
        raise ValueError(f'URL parse error during conversion from string: parse "{text}": invalid URI for request')
    return parts


def _is_url(text: str) -> bool:
    try:
        _split(text)
    except ValueError:
        return False
    return True


def _hostname(text: str) -> str:
    return _split(text).hostname or ""


def _port(text: str) -> str:
    port = _split(text).port
    return "" if port is None else str(port)


def _host(text: str) -> str:
    return _split(text).netloc.rpartition("@")[2]


def _escaped_path(text: str) -> str:
    return quote(_split(text).path, safe="/%:@!$&'()*+,;=~")


def _query(text: str) -> dict[str, list[str]]:
    return parse_qs(_split(text).query, keep_blank_values=True)


def _ip(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    return ipaddress.ip_address(text)


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    if "/" not in text:
        raise ValueError(f'network address parse error during conversion from string: "{text}"')
    return ipaddress.ip_network(text, strict=False)


def _is_ip(text: str) -> bool:
    try:
        _ip(text)
    except ValueError:
        return False
    return "%" not in text


def _is_cidr(text: str) -> bool:
    try:
        _network(text)
    except ValueError:
        return False
    return True


def _cidr(text: str) -> str:
    _network(text)
    return text


def _contains_cidr(outer: str, inner: str) -> bool:
    one, other = _network(outer), _network(inner)
    return one.version == other.version and other.subnet_of(one)  # type: ignore[arg-type] # versions are equal


FUNCTIONS: tuple[Function, ...] = (
    function("isURL", "string", "bool", _is_url),
    function("url", "string", "string", _url),
    method("getScheme", "string", "string", lambda text: _split(text).scheme),
    method("getHost", "string", "string", _host),
    method("getHostname", "string", "string", _hostname),
    method("getPort", "string", "string", _port),
    method("getEscapedPath", "string", "string", _escaped_path),
    method("getQuery", "string", "map", _query),
    function("isIP", "string", "bool", _is_ip),
    function("ip", "string", "string", lambda text: str(_ip(text))),
    function("ip.isCanonical", "string", "bool", lambda text: str(_ip(text)) == text),
    method("family", "string", "int", lambda text: _ip(text).version),
    method("isUnspecified", "string", "bool", lambda text: _ip(text).is_unspecified),
    method("isLoopback", "string", "bool", lambda text: _ip(text).is_loopback),
    method("isLinkLocalUnicast", "string", "bool", lambda text: _ip(text).is_link_local),
    function("isCIDR", "string", "bool", _is_cidr),
    function("cidr", "string", "string", _cidr),
    method("containsIP", "string, string", "bool", lambda net, text: _ip(text) in _network(net)),
    method("containsCIDR", "string, string", "bool", _contains_cidr),
    method("ip", "string", "string", lambda text: text.partition("/")[0]),
    method("masked", "string", "string", lambda text: str(_network(text))),
    method("prefixLength", "string", "int", lambda text: _network(text).prefixlen),
)
