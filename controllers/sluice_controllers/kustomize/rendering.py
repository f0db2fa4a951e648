"""What kustomize gave, remembered by a worker for who builds the same files with other variables."""

from __future__ import annotations

import pickle
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sluice import kustomize

_MOST: Final = 8
_MOST_BYTES: Final = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """A build before its variables are replaced."""

    objects: list[tuple[dict[str, Any], str]]
    """Each with its text as YAML."""
    remote: bool
    """Whether anything came from elsewhere than the files."""
    changed: list[str]
    """What SOPS found changed after it was encrypted."""


class Renderings:
    """The last few small renderings of one process, all made of files alone.

    Many Kustomizations often share a folder, and differ in their variables. The folder of an artifact has a name that
    no other content ever has, so a rendering never becomes wrong.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, bytes] = OrderedDict()

    def get(self, root: str, path: str, overlay: kustomize.Overlay, make: Callable[[], Rendered]) -> Rendered:
        """The rendering of a folder, as `make` gives it: the caller's own, to do with as it likes."""
        key = pickle.dumps((root, path, overlay))
        packed = self._known.pop(key, None)
        if packed is not None:
            self._known[key] = packed
            known: Rendered = pickle.loads(packed)  # noqa: S301 - our own
            return known
        found = make()
        if not found.remote:
            self._keep(key, pickle.dumps(found))
        return found

    def _keep(self, key: bytes, packed: bytes) -> None:
        if len(packed) > _MOST_BYTES:
            return
        self._known[key] = packed
        if len(self._known) > _MOST:
            self._known.popitem(last=False)
