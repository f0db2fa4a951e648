"""Where artifacts lie: ``<kind>/<namespace>/<name>/<file>`` below one root, written atomically, ours alone to read."""

import asyncio
import os
import secrets
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sluice.artifact import digests, retention
from sluice.artifact.digests import Digest
from sluice.artifact.errors import UnsafePathError
from sluice.artifact.retention import Retention, Stored
from sluice_api.source.v1 import Artifact

_LOOK_AT_MOST = 1000
"""How many files of one object a clean-up considers."""
_TEMPORARY = ".new-"


@dataclass(frozen=True)
class _Fingerprint:
    """A file's identity: while it holds, the bytes have not been rewritten."""

    inode: int
    size: int
    modified: int
    changed: int

    @classmethod
    def of(cls, path: Path) -> "_Fingerprint":
        facts = path.stat(follow_symlinks=False)
        return cls(facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns)


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A file to be written at ``temporary`` and then handed to `Storage.keep`."""

    path: str
    temporary: Path


class Storage:
    """The artifacts of one controller.

    ``advertised`` is the host that addresses carry (``http://`` is put before it unless it brings a scheme).
    Methods that are not async touch a handful of directory entries and may run on the event loop.
    """

    def __init__(
        self,
        root: Path,
        *,
        advertised: str,
        algorithm: str = digests.DEFAULT_ALGORITHM,
        retention: Retention | None = None,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        digests.new(algorithm)
        self.root = root.resolve()
        self.algorithm = algorithm
        self._advertised = advertised
        self._retention = retention or Retention()
        self._now = wall_clock
        self._verified: dict[Path, tuple[_Fingerprint, str]] = {}

    def url(self, path: str) -> str:
        """The address at which ``path`` is served."""
        host = self._advertised.rstrip("/")
        if not host.startswith(("http://", "https://")):
            host = f"http://{host}"
        return f"{host}/{path.lstrip('/')}"

    def locate(self, path: str) -> Path:
        """The file for a path as artifacts state it; raises UnsafePathError when it would lie outside the root."""
        # Links are resolved, so neither `..` nor a link that somebody planted leads out.
        found = Path(os.path.realpath(self.root / path.lstrip("/")))
        if found == self.root or not found.is_relative_to(self.root):
            raise UnsafePathError(f"path '{path}' is outside the storage")
        return found

    def draft(self, kind: str, namespace: str, name: str, file: str) -> Draft:
        """A place to write a new artifact to; makes the object's directory."""
        path = "/".join((kind.lower(), namespace, name, file))
        target = self.locate(path)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Draft(path=path, temporary=target.parent / f"{_TEMPORARY}{secrets.token_hex(8)}")

    def keep(self, draft: Draft, *, revision: str, digest: str) -> Artifact:
        """Make a written draft the artifact at its path: readers see the old file or the new one, never a part."""
        target = self.locate(draft.path)
        draft.temporary.chmod(0o600)
        size = draft.temporary.stat().st_size
        draft.temporary.replace(target)
        self._verified[target] = (_Fingerprint.of(target), digest)
        return Artifact(
            path=draft.path,
            url=self.url(draft.path),
            revision=revision,
            digest=digest,
            size=size,
            last_update_time=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        )

    def link(self, artifact: Artifact, name: str) -> str:
        """Have `name`, beside the artifact's file, lead to it from now on; the address, which never changes."""
        path = "/".join((*artifact.path.split("/")[:-1], name))
        target = self.locate(artifact.path)
        temporary = target.parent / f"{_TEMPORARY}{secrets.token_hex(8)}"
        temporary.symlink_to(target.name)
        temporary.replace(target.parent / name)
        return self.url(path)

    def discard(self, draft: Draft) -> None:
        """Remove what was written of a draft that is not kept."""
        draft.temporary.unlink(missing_ok=True)

    def has(self, artifact: Artifact) -> bool:
        """Whether the artifact's file exists."""
        return self.locate(artifact.path).is_file()

    async def verify(self, artifact: Artifact) -> None:
        """Raise DigestMismatchError unless the stored bytes are the artifact's.

        A file that has not been touched since it was last found good is not read again.
        """
        path = self.locate(artifact.path)
        now = _Fingerprint.of(path)
        if self._verified.get(path) == (now, artifact.digest):
            return
        digest = Digest.parse(artifact.digest)
        digest.check(await asyncio.to_thread(digests.of_file, path, digest.algorithm))
        self._verified[path] = (now, artifact.digest)

    def remove(self, artifact: Artifact) -> None:
        """Delete the artifact's file, if it is there."""
        path = self.locate(artifact.path)
        self._verified.pop(path, None)
        path.unlink(missing_ok=True)

    def remove_all(self, kind: str, namespace: str, name: str) -> bool:
        """Delete everything stored for one object; whether there was anything."""
        directory = self.locate("/".join((kind.lower(), namespace, name)))
        self._verified = {path: known for path, known in self._verified.items() if path.parent != directory}
        if not directory.exists():
            return False
        shutil.rmtree(directory)
        return True

    def collect(self, current: Artifact) -> list[str]:
        """Delete what the retention no longer covers beside ``current``; the names of the files that went."""
        path = self.locate(current.path)
        if not path.parent.is_dir():
            return []
        going = retention.garbage(_stored(path.parent), current=path.name, now=self._now(), retention=self._retention)
        for file in going:
            self._verified.pop(path.parent / file.name, None)
            (path.parent / file.name).unlink(missing_ok=True)
        return [file.name for file in going]


def _stored(directory: Path) -> list[Stored]:
    found: list[Stored] = []
    with os.scandir(directory) as children:
        for child in children:
            if child.is_file(follow_symlinks=False) and len(found) < _LOOK_AT_MOST:
                found.append(Stored(name=child.name, modified=child.stat(follow_symlinks=False).st_mtime))
    return found
