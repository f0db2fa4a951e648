"""The controller's side of remote bases: who may ask servers, and what is on disk for it."""

from __future__ import annotations

import asyncio
import itertools
import pathlib
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sluice import git
from sluice_controllers.kustomize import remotes


class Ways:
    """Gives every build a way out of its own: a visit to the outlet, and a folder directly below `root`."""

    def __init__(self, outlet: git.Outlet, root: pathlib.Path) -> None:
        self._outlet = outlet
        self._root = root
        self._numbers = itertools.count(1)

    @asynccontextmanager
    async def way(self, seconds: float) -> AsyncIterator[remotes.Way]:
        """A way out for a build of so many seconds; what it leaves on disk goes, though its worker was killed."""
        folder = self._root / f"remotes-{next(self._numbers)}"
        try:
            with self._outlet.visit(limit=remotes.MOST_BYTES) as address:
                yield remotes.Way(outlet=address, folder=folder, seconds=seconds)
        finally:
            if folder.exists():
                await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
