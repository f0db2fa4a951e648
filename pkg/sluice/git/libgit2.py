"""pygit2, loaded where it is used: in worker processes, and not in those that only tell them what to do."""

from typing import TYPE_CHECKING

from sluice import lazy

if TYPE_CHECKING:
    import pygit2
else:
    pygit2 = lazy.Module("pygit2")

__all__ = ["pygit2"]
