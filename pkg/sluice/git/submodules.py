"""Where a repository's submodules come from: `.gitmodules`, and addresses relative to the repository's own.

The file is read for paths and addresses alone: what else it may say, commands among it, is nobody's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sluice.git.errors import TooLargeError, UnsupportedError
from sluice.git.libgit2 import pygit2
from sluice.git.urls import RepositoryURL

FILE_NAME = ".gitmodules"

_MOST_BYTES = 256 << 10
_SECTION = re.compile(r'\[submodule\s+"(?:[^"\\]|\\.)*"\]')
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_COMMENT = re.compile(r"(?<=\s)[#;].*")
_SCP = re.compile(r"(?P<user>[^@/:]+)@(?P<host>[^:/]+):(?P<path>.*)")


@dataclass(frozen=True, kw_only=True)
class Link:
    """A commit of another repository, and where it belongs."""

    path: str
    commit: str
    address: str
    """As it is written: it may be relative to that of the repository."""


def links_of(tree: pygit2.Tree, commits: Mapping[str, str]) -> list[Link]:
    """The submodules of a commit, whose commits are given by path; those that nobody gives an address are left out.

    Raises TooLargeError.
    """
    if not commits or FILE_NAME not in tree or not isinstance(blob := tree[FILE_NAME], pygit2.Blob):
        return []
    if blob.size > _MOST_BYTES:
        raise TooLargeError(f"{FILE_NAME} is larger than {_MOST_BYTES} bytes")
    known = addresses(blob.data.decode(errors="replace"))
    return [Link(path=path, commit=commits[path], address=known[path]) for path in sorted(commits) if path in known]


def addresses(text: str) -> dict[str, str]:
    """The address of each submodule by its path; entries without either are left out, as Git leaves them."""
    sections: list[dict[str, str]] = []
    for raw in text.splitlines():
        line = raw.strip()
        if _SECTION.fullmatch(line):
            sections.append({})
        elif line.startswith("["):
            # A section of something else: its entries are nobody's.
            sections.append({"path": ""})
        elif sections and (entry := _entry(line)):
            sections[-1].setdefault(*entry)
    return {section["path"]: section["url"] for section in sections if section.get("path") and section.get("url")}


def _entry(line: str) -> tuple[str, str] | None:
    key, equals, value = line.partition("=")
    key = key.strip()
    if not equals or not _KEY.fullmatch(key):
        return None
    return key.lower(), _COMMENT.sub("", value).strip().strip('"')


def resolved(address: str, parent: str) -> str:
    """``address`` as seen from the repository at ``parent``: ``./`` and ``../`` begin at that one's own address."""
    if not address.startswith(("./", "../")):
        return address
    base = parent.rstrip("/")
    while True:
        if address.startswith("./"):
            address = address[2:]
        elif address.startswith("../"):
            address, base = address[3:], _above(base)
        else:
            return f"{base}/{address}"


def _above(base: str) -> str:
    scheme, mark, rest = base.rpartition("://")
    head, slash, _ = rest.rpartition("/")
    if slash:
        return f"{scheme}{mark}{head}"
    head, colon, _ = rest.rpartition(":")
    if colon and not mark:
        return f"{head}:"
    raise UnsupportedError("the address of a submodule leads above its server")


def parsed(address: str, *, local: bool = False) -> RepositoryURL:
    """The address taken apart. One in scp's form means a path from the user's home, which only that form can say.

    `local`: whether it may lead to a directory of this machine. Raises UnsupportedError.
    """
    scp = _SCP.fullmatch(address) if "://" not in address else None
    if scp:
        path = f"/{scp['path'].lstrip('/')}"
        return RepositoryURL(scheme="ssh", host=scp["host"], port=22, path=path, username=scp["user"])
    try:
        return RepositoryURL.parse(address, files=local)
    except ValueError as error:
        raise UnsupportedError(str(error)) from None
