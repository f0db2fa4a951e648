"""What a build names outside of its source, as its worker process comes by it."""

from __future__ import annotations

import pathlib
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from sluice import kustomize
    from sluice.git import remotes

MOST_BYTES: Final = 512 << 20
"""What servers may send for one build, and what the checkouts of one build may hold on disk."""

_MOST_FILES: Final = 100_000
_SHARE: Final = 0.9
"""The part of a build's time after which what is remote counts as not to be had: the rest is for saying so."""


@dataclass(frozen=True, kw_only=True)
class Way:
    """One build's way out."""

    outlet: str = field(repr=False)
    """The address of its visit to a `git.Outlet`."""
    folder: pathlib.Path
    """Where checkouts go. Made by who needs it, removed by the controller, whatever becomes of the worker."""
    seconds: float
    """What the build may take."""


class Remote:
    """The `kustomize.Remote` of one build; a context manager. Git is imported by those that need it."""

    def __init__(self, way: Way) -> None:
        self._way = way
        self._stack = ExitStack()
        self._made: remotes.Loader | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def used(self) -> bool:
        """Whether anything was asked for."""
        return self._made is not None

    def file(self, url: str) -> bytes:
        """The content at an http or https address."""
        return self._loader().file(url)

    def repository(self, spec: kustomize.RepoSpec) -> pathlib.Path:
        """A directory with the files of a repository."""
        return self._loader().repository(spec)

    def chart(self, name: str, *, repo: str, version: str, devel: bool) -> pathlib.Path:
        """A directory with a chart of a repository of charts."""
        return self._loader().chart(name, repo=repo, version=version, devel=devel)

    def _loader(self) -> remotes.Loader:
        if self._made is None:
            from sluice.git import remotes, trees

            limits = remotes.Limits(
                all_seconds=self._way.seconds * _SHARE,
                repository_bytes=MOST_BYTES,
                tree=trees.Limits(files=_MOST_FILES, size=MOST_BYTES),
            )
            way = remotes.Way(outlet=self._way.outlet)
            self._made = self._stack.enter_context(remotes.Loader(limits=limits, way=way, folder=self._way.folder))
        return self._made
