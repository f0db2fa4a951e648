"""Where artifacts lie: ``<kind>/<namespace>/<name>/<file>`` below one root, written atomically, ours alone to read.

A file is put in place whole, and durably, before anybody is told of it: a power cut leaves the old one or the new one.
Nothing is removed because of what the clock on the wall says.
"""

import asyncio
import contextlib
import itertools
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sluice.artifact import digests, placing, retention, sweeping
from sluice.artifact.errors import NotPermittedError, UnsafePathError
from sluice.artifact.fingerprints import Verified
from sluice.artifact.retention import Retention, Stored
from sluice_api.source.v1 import Artifact

_LOOK_AT_MOST = 1000
"""How many files of one object a clean-up considers."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A file to be written at ``temporary`` and then handed to `Storage.keep`."""

    path: str
    temporary: Path


class Storage:
    """The artifacts of one controller.

    ``advertised`` is the host that addresses carry (``http://`` is put before it unless it brings a scheme).
    ``permit`` is asked before each change of what others see, as another replica may lead by then in the same root.
    ``kept`` is told the path of each artifact that is put in place. ``clock`` gives seconds; nobody sets it.
    Methods that are not async touch a handful of directory entries and may run on the event loop.
    """

    def __init__(
        self,
        root: Path,
        *,
        advertised: str,
        algorithm: str = digests.DEFAULT_ALGORITHM,
        retention: Retention | None = None,
        permit: Callable[[], bool] = lambda: True,
        kept: Callable[[str], None] = lambda path: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        digests.new(algorithm)
        self.root = root.resolve()
        self.algorithm = algorithm
        self._advertised = advertised
        self._retention = retention or Retention()
        self._permit = permit
        self._kept = kept
        self._now = clock
        self._mark = placing.mark()
        self._verified = Verified()
        self._replaced: dict[Path, float] = {}

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
        return Draft(path=path, temporary=placing.temporary(target.parent, self._mark))

    async def keep(self, draft: Draft, *, revision: str, digest: str) -> Artifact:
        """Make a written draft the artifact at its path: readers see the old file or the new one, never a part.

        What is there already, byte for byte, is left alone. Raises OSError, or NotPermittedError.
        """
        target = self.locate(draft.path)
        if not self._verified.holds(target, digest):
            await asyncio.to_thread(placing.place, draft.temporary, target, self._ask)
            self._verified.remember(target, digest)
        self._note(target)
        self._kept(draft.path)
        return Artifact(
            path=draft.path,
            url=self.url(draft.path),
            revision=revision,
            digest=digest,
            size=target.stat().st_size,
            last_update_time=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        )

    def link(self, artifact: Artifact, name: str) -> str:
        """Have `name`, beside the artifact's file, lead to it from now on; the address, which never changes."""
        self._ask()
        path = "/".join((*artifact.path.split("/")[:-1], name))
        target = self.locate(artifact.path)
        temporary = placing.temporary(target.parent, self._mark)
        temporary.symlink_to(target.name)
        temporary.replace(target.parent / name)
        return self.url(path)

    def discard(self, draft: Draft) -> None:
        """Remove what was written of a draft that is not kept."""
        placing.discard(draft.temporary)

    def has(self, artifact: Artifact) -> bool:
        """Whether the artifact's file exists, whatever is in it."""
        return self.locate(artifact.path).is_file()

    async def verify(self, artifact: Artifact) -> None:
        """Raise DigestMismatchError unless the stored bytes are the artifact's.

        A file that has not been touched since it was last found good is not read again.
        """
        await self._verified.check(self.locate(artifact.path), artifact.digest)

    def verified(self) -> list[str]:
        """The paths of the files that were found good."""
        return [str(path.relative_to(self.root)) for path in self._verified.paths()]

    async def is_sound(self, path: str) -> bool:
        """Read a file that was found good, to see whether it still is; False if not, or if it cannot be read."""
        return await self._verified.still_holds(self.locate(path))

    def remove(self, artifact: Artifact) -> None:
        """Delete the artifact's file, if it is there."""
        self._ask()
        path = self.locate(artifact.path)
        self._verified.forget(path)
        path.unlink(missing_ok=True)

    def remove_all(self, kind: str, namespace: str, name: str) -> bool:
        """Delete everything stored for one object; whether there was anything."""
        self._ask()
        directory = self.locate("/".join((kind.lower(), namespace, name)))
        self._verified.forget_below(directory)
        self._replaced = {path: since for path, since in self._replaced.items() if path.parent != directory}
        if not directory.exists():
            return False
        shutil.rmtree(directory)
        with contextlib.suppress(OSError):
            directory.parent.rmdir()
        return True

    def collect(self, current: Artifact) -> list[str]:
        """Delete what the retention no longer covers beside ``current``; the names of the files that went.

        A file's time begins when this storage first sees that another one is current: after a restart, anew.
        """
        path = self.locate(current.path)
        if not path.parent.is_dir():
            return []
        going = retention.garbage(self._note(path), now=self._now(), retention=self._retention)
        if going:
            self._ask()
        for file in going:
            gone = path.parent / file.name
            self._verified.forget(gone)
            self._replaced.pop(gone, None)
            gone.unlink(missing_ok=True)
        return [file.name for file in going]

    def sweep(self, kinds: tuple[str, ...]) -> None:
        """Delete what other processes, now dead, were writing for objects of these kinds. Not for the event loop."""
        for path in sweeping.unfinished(self.root, kinds, self._mark):
            self._ask()
            path.unlink(missing_ok=True)

    def objects(self, kind: str) -> list[tuple[str, str]]:
        """Namespace and name of every object of a kind for which something may be stored. Not for the event loop."""
        return sweeping.objects(self.root, kind)

    def _note(self, current: Path) -> list[Stored]:
        """The files beside the current one, each with since when it is not that."""
        self._replaced.pop(current, None)
        now, others = self._now(), []
        for child in _files(current.parent):
            if child.name != current.name:
                since = self._replaced.setdefault(Path(child.path), now)
                others.append(Stored(name=child.name, replaced=since, modified=child.stat().st_mtime))
        return others

    def _ask(self) -> None:
        if not self._permit():
            raise NotPermittedError("this replica does not lead any more")


def _files(directory: Path) -> list[os.DirEntry[str]]:
    """What of a directory is served: neither links nor what is being written."""
    with os.scandir(directory) as children:
        files = (child for child in children if child.is_file(follow_symlinks=False))
        return list(itertools.islice((file for file in files if not file.name.startswith(".")), _LOOK_AT_MOST))
