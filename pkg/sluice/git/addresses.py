"""Addresses that nothing which others wrote may lead to: this machine's own, and those of its platform.

A cloud's metadata service hands out the machine's identity to whoever asks from there. Private networks are not among
them: Git servers live there too.
"""

import ipaddress
import socket
from collections.abc import Callable
from typing import Any

FORBIDDEN = "this address belongs to the machine itself or its platform, and is refused"

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_PLATFORMS = tuple(
    map(
        ipaddress.ip_network,
        (
            "169.254.0.0/16",  # link-local: the metadata services of nearly all clouds
            "fe80::/10",
            "fd00:ec2::/32",  # AWS
            "fd20:ce::254/128",  # Google Cloud
            "100.100.100.200/32",  # Alibaba Cloud
            "168.63.129.16/32",  # Azure
            "192.0.0.192/32",  # Oracle Cloud
        ),
    )
)
_EVERY_ONE_OF_THIS_MACHINE = tuple(map(ipaddress.ip_network, ("0.0.0.0/8", "::/128")))
_LOOPBACK = tuple(map(ipaddress.ip_network, ("127.0.0.0/8", "::1/128")))
_GROUPS = tuple(map(ipaddress.ip_network, ("224.0.0.0/4", "255.255.255.255/32", "ff00::/8")))
_CARRIERS = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "::/96", "::ffff:0:0/96", "::ffff:0:0:0/96")))
"""Where the last 32 bits are an address of version 4 (RFC 6052, 4291, 7915)."""


def is_address(host: str) -> bool:
    """Tell whether a host is written as an IP address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_forbidden(text: str, *, loopback: bool = False) -> bool:
    """Tell whether an IP address is this machine's or its platform's; `loopback`: the machine's own may be."""
    address = ipaddress.ip_address(text.partition("%")[0])
    forbidden = _PLATFORMS + _EVERY_ONE_OF_THIS_MACHINE + _GROUPS + (() if loopback else _LOOPBACK)
    return any(each in network for each in _meanings(address) for network in forbidden)


def is_of_this_machine(host: str) -> bool:
    """Tell whether a host is this machine by its very name."""
    return host == "localhost" or (is_address(host) and is_forbidden(host) and not is_forbidden(host, loopback=True))


def sockets(*, loopback: bool = False) -> Callable[[Any], socket.socket]:
    """Who makes sockets for `aiohttp.TCPConnector`, and raises OSError for where none may lead."""

    def make(info: Any) -> socket.socket:
        family, kind, protocol, _, address = info
        if is_forbidden(address[0], loopback=loopback):
            raise OSError(None, FORBIDDEN)
        return socket.socket(family, kind, protocol)

    return make


def _meanings(address: Address) -> list[Address]:
    """Return the address, and those that it carries for whoever translates it."""
    found: list[Address] = [address]
    if isinstance(address, ipaddress.IPv6Address):
        if any(address in network for network in _CARRIERS) and int(address) > 1:
            found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if address.sixtofour is not None:
            found.append(address.sixtofour)
        if address.teredo is not None:
            found.extend(address.teredo)
    return found
