"""What can go wrong with an archive.

ArchiveError
├── UnsafeEntryError      an entry that would leave its directory, or is of a kind that is never unpacked
├── LimitExceededError    more entries, more bytes or a higher compression ratio than allowed
└── BrokenArchiveError    not a gzip-compressed tar, or cut short
"""


class ArchiveError(Exception):
    """Root of what this package raises about archives (``OSError`` of the file system passes through)."""


class UnsafeEntryError(ArchiveError):
    """An entry whose name or kind is refused."""


class LimitExceededError(ArchiveError):
    """The archive is larger than its ``Limits`` allow."""


class BrokenArchiveError(ArchiveError):
    """The bytes are no gzip-compressed tar archive."""
