"""Cells that several kinds show: containers, selectors, labels, access modes."""

from typing import Any

from sluice.apiserver.selecting.labels import text_of
from sluice.apiserver.storage.entries import Object
from sluice.apiserver.tables import cells

NONE = "<none>"
UNSET = "<unset>"
_MODES = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}


def template_columns(*path: str, wide: bool = True) -> tuple[cells.Column, ...]:
    """The columns of a kind with a pod template at the path."""

    def containers(obj: Object, name: str) -> str:
        return ",".join(one.get(name, "") for one in cells.at(obj, *path, "spec", "containers", default=[]))

    return (
        cells.text("Containers", lambda obj: containers(obj, "name"), wide=wide),
        cells.text("Images", lambda obj: containers(obj, "image"), wide=wide),
    )


def labels(found: dict[str, str] | None) -> str:
    """`a=b,c=d`, or `<none>`."""
    return ",".join(f"{key}={value}" for key, value in sorted((found or {}).items())) or NONE


def selector(found: dict[str, Any] | None) -> str:
    """A LabelSelector in the words of a label selector."""
    return text_of(found or {}) or NONE


def selector_column(*path: str) -> cells.Column:
    """The wide column that shows a LabelSelector."""
    return cells.text("Selector", lambda obj: selector(cells.at(obj, *path)), wide=True)


def access_modes(found: list[str] | None) -> str:
    """`RWO,ROX`."""
    modes = found or []
    return ",".join(short for mode, short in _MODES.items() if mode in modes)


def load_balancer(obj: Object) -> str:
    """The addresses a load balancer answers on, cut to the width of a column."""
    entries = cells.at(obj, "status", "loadBalancer", "ingress", default=[])
    addresses = ",".join(sorted({one.get("ip") or one.get("hostname", "") for one in entries} - {""}))
    return addresses if len(addresses) <= 16 else f"{addresses[:13]}..."
