"""How releases and the HelmCharts behind them are called."""

import hashlib
from typing import Final

MOST: Final = 53
"""Characters of a release's name: Helm's limit, which leaves room for suffixes of names made of it."""
_KEPT: Final = 40
_HASHED: Final = 12


def release_name(name: str, *, release: str = "", target_namespace: str = "") -> str:
    """The name of a HelmRelease's release: as it says, or else made of where it goes and its own name."""
    return shortened(release or (f"{target_namespace}-{name}" if target_namespace else name))


def shortened(name: str) -> str:
    """The name if it is short enough, or else its beginning with the beginning of its SHA-256."""
    if len(name) <= MOST:
        return name
    return f"{name[:_KEPT]}-{hashlib.sha256(name.encode()).hexdigest()[:_HASHED]}"


def chart_name(namespace: str, name: str) -> str:
    """The name of the HelmChart that is made for a HelmRelease."""
    return f"{namespace}-{name}"
