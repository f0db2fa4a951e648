"""Bare Git repositories built in memory: deterministic commits, so that equal files give equal commit ids."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pygit2

DEFAULT_AUTHOR = "bench"
DEFAULT_EMAIL = "bench@example.com"
DEFAULT_TIME = 1767225600
"""2026-01-01T00:00:00Z. With these and the message ``change``, commits get the ids of the recorded Flux scenarios."""


@dataclass(frozen=True)
class Executable:
    """A file with its executable bit set."""

    content: str


@dataclass(frozen=True)
class Symlink:
    """A symbolic link."""

    target: str


@dataclass(frozen=True)
class Submodule:
    """A gitlink: the commit of another repository."""

    commit: str


Signer = Callable[[bytes], bytes]
"""The armored signature of some bytes."""

Content = str | bytes | Executable | Symlink | Submodule


class Repository:
    """One bare repository on disk; commits are written straight into it, as if they had been pushed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._repo = pygit2.init_repository(str(path), bare=True, initial_head="main")
        self._repo.config["http.receivepack"] = "true"

    def commit(
        self,
        files: Mapping[str, Content],
        *,
        remove: Iterable[str] = (),
        message: str = "change",
        branch: str = "main",
        time: int = DEFAULT_TIME,
        signer: Signer | None = None,
    ) -> str:
        """Add one commit with ``files`` written and ``remove`` gone on top of ``branch``; its id."""
        reference = f"refs/heads/{branch}"
        index = pygit2.Index()
        parents = []
        if reference in self._repo.references:
            parents = [self._repo.references[reference].target]
            index.read_tree(self._repo[parents[0]].tree)
        for path in remove:
            index.remove(path)
        for path, content in files.items():
            index.add(self._entry(path, content))
        who = pygit2.Signature(DEFAULT_AUTHOR, DEFAULT_EMAIL, time, 0)
        tree = index.write_tree(self._repo)
        text = self._repo.create_commit_string(who, who, message.rstrip("\n") + "\n", tree, parents)
        if signer is None:
            commit = self._repo.write(pygit2.enums.ObjectType.COMMIT, text)
        else:
            commit = self._repo.create_commit_with_signature(text, signer(text.encode()).decode().rstrip("\n"))
        self._repo.references.create(reference, commit, force=True)
        return str(commit)

    def tag(
        self, name: str, *, commit: str | None = None, message: str | None = None, signer: Signer | None = None
    ) -> str:
        """Tag ``commit`` (default: main's head); annotated when there is a ``message``. The id the tag points to."""
        target = pygit2.Oid(hex=commit) if commit else self._repo.references["refs/heads/main"].target
        if message is not None:
            who = pygit2.Signature(DEFAULT_AUTHOR, DEFAULT_EMAIL, DEFAULT_TIME, 0)
            target = self._repo.create_tag(name, target, pygit2.enums.ObjectType.COMMIT, who, message)
            if signer is not None:
                text = self._repo[target].read_raw().rstrip(b"\n") + b"\n"
                target = self._repo.write(pygit2.enums.ObjectType.TAG, text + signer(text))
                self._repo.references.create(f"refs/tags/{name}", target, force=True)
        else:
            self._repo.references.create(f"refs/tags/{name}", target, force=True)
        return str(target)

    def reference(self, name: str, target: str) -> None:
        """Point the full reference ``name`` at the commit ``target``."""
        self._repo.references.create(name, pygit2.Oid(hex=target), force=True)

    def delete(self, name: str) -> None:
        """Delete the full reference ``name``."""
        self._repo.references.delete(name)

    def head(self, branch: str = "main") -> str:
        """The id of the newest commit of ``branch``."""
        return str(self._repo.references[f"refs/heads/{branch}"].target)

    def configure(self, key: str, value: str) -> None:
        """Set a Git configuration value, such as ``uploadpack.allowAnySHA1InWant``."""
        self._repo.config[key] = value

    def _entry(self, path: str, content: Content) -> pygit2.IndexEntry:
        modes = pygit2.enums.FileMode
        match content:
            case Submodule(commit):
                return pygit2.IndexEntry(path, pygit2.Oid(hex=commit), modes.COMMIT)
            case Executable(text):
                data, mode = text.encode(), modes.BLOB_EXECUTABLE
            case Symlink(target):
                data, mode = target.encode(), modes.LINK
            case str(text):
                data, mode = text.encode(), modes.BLOB
            case bytes(raw):
                data, mode = raw, modes.BLOB
        return pygit2.IndexEntry(path, self._repo.create_blob(data), mode)
