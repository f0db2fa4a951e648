"""Source archives: deterministic tar.gz, safe unpacking, and the rules of ``.sourceignore``.

Synchronous and pure: files and bytes in, files and bytes out. No event loop, no network, no Kubernetes.

- `pack` writes a directory, `write` any ordered entries, so that equal trees give equal bytes; what an earlier archive
  has as well can be copied from there;
- `read` reads what nobody vouches for, within limits;
- `unpack` never writes outside its target, whatever the archive says;
- `sourceignore` decides which paths belong to an artifact.
"""

from sluice.archive.entries import Entry, Ignore, walk
from sluice.archive.errors import ArchiveError, BrokenArchiveError, LimitExceededError, UnsafeEntryError
from sluice.archive.packing import pack, write
from sluice.archive.reading import Limits, read
from sluice.archive.unpacking import segments, unpack

__all__ = [
    "ArchiveError",
    "BrokenArchiveError",
    "Entry",
    "Ignore",
    "LimitExceededError",
    "Limits",
    "UnsafeEntryError",
    "pack",
    "read",
    "segments",
    "unpack",
    "walk",
    "write",
]
