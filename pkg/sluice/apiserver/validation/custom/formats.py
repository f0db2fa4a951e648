"""The string formats a CRD may ask for."""

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Final
from urllib.parse import urlsplit

_DATE_TIME = re.compile(r"(\d{4}-\d{2}-\d{2})[Tt ]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([Zz]|[+-]\d{2}:?\d{2})")
_GO_DURATION = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))*")
_SCALA_DURATION = re.compile(
    r"\s*\d+\s*(ns|nanos?|us|µs|micros?|ms|millis?|s|secs?|m|mins?|h|hrs?|d|days?|w|weeks?)\s*"
)
_EMAIL = re.compile(r"(?:[^<>@]*<)?[^\s<>@]+@[^\s<>@]+>?")
_HOSTNAME = re.compile(
    r"(?=.{1,255}$)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)


def _pattern(text: str, flags: int = 0) -> Callable[[str], bool]:
    compiled = re.compile(text, flags)
    return lambda value: compiled.fullmatch(value) is not None


def _accepts(parse: Callable[[str], object], *errors: type[Exception]) -> Callable[[str], bool]:
    def check(value: str) -> bool:
        try:
            parse(value)
        except errors:
            return False
        return True

    return check


def _date_time(value: str) -> bool:
    found = _DATE_TIME.fullmatch(value)
    return found is not None and _is_date(found[1])


_is_date = _accepts(date.fromisoformat, ValueError)
_is_base64 = _accepts(lambda value: base64.b64decode(value, validate=True), binascii.Error, ValueError)


def _uri(value: str) -> bool:
    parts = urlsplit(value)
    return bool(parts.scheme) or value.startswith("/")


def _duration(value: str) -> bool:
    return value == "0" or bool(_GO_DURATION.fullmatch(value) or _SCALA_DURATION.fullmatch(value))


def _uuid(version: str = "") -> Callable[[str], bool]:
    third = f"{version}[0-9a-f]{{3}}" if version else "[0-9a-f]{4}"
    fourth = "[89ab][0-9a-f]{3}" if version in {"4", "5"} else "[0-9a-f]{4}"
    return _pattern(f"[0-9a-f]{{8}}-?[0-9a-f]{{4}}-?{third}-?{fourth}-?[0-9a-f]{{12}}", re.IGNORECASE)


FORMATS: Final[Mapping[str, Callable[[str], bool]]] = {
    "uri": _uri,
    "email": lambda value: _EMAIL.fullmatch(value) is not None,
    "hostname": lambda value: _HOSTNAME.fullmatch(value) is not None,
    "ipv4": _accepts(ipaddress.IPv4Address, ValueError),
    "ipv6": _accepts(ipaddress.IPv6Address, ValueError),
    "cidr": lambda value: (
        "/" in value and _accepts(lambda text: ipaddress.ip_network(text, strict=False), ValueError)(value)
    ),
    "mac": _pattern(r"([0-9A-Fa-f]{2}([:-]))([0-9A-Fa-f]{2}\2){4}[0-9A-Fa-f]{2}|([0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4}"),
    "uuid": _uuid(),
    "uuid3": _uuid("3"),
    "uuid4": _uuid("4"),
    "uuid5": _uuid("5"),
    "bsonobjectid": _pattern(r"[0-9a-fA-F]{24}"),
    "hexcolor": _pattern(r"#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})"),
    "ssn": _pattern(r"\d{3}[- ]?\d{2}[- ]?\d{4}"),
    "byte": _is_base64,
    "password": lambda _: True,
    "date": lambda value: len(value) == 10 and _is_date(value),
    "duration": _duration,
    "datetime": _date_time,
    "k8sshortname": _pattern(r"(?=.{1,63}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?"),
    "k8slongname": _pattern(r"(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"),
}
"""By name without dashes; formats a CRD names beyond these are not checked, as on the real server."""


def known(name: str) -> Callable[[str], bool] | None:
    """The check of a format; None when it is not one of ours."""
    return FORMATS.get(name.replace("-", ""))
