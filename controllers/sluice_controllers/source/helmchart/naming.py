"""How the files of packages are called."""

import re
from typing import Final

LINK: Final = "latest.tar.gz"
"""Leads to the newest package: Flux's name."""

_UNSAFE = re.compile(r"[^A-Za-z0-9._+-]")


def file_name(chart: str, version: str) -> str:
    """The name of a package: one segment of an address, whatever a chart may call itself."""
    name = _UNSAFE.sub("-", f"{chart.rpartition('/')[2]}-{version}")
    return f"{name.lstrip('.')}.tgz"
