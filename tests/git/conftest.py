import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from sluice import git, web
from sluice.git import credentials, mirrors, references
from sluice.testing.git import GitServer


@dataclass
class Desk:
    """What is needed to check repositories of one server out."""

    server: GitServer
    client: web.Web
    gateway: git.Gateway
    root: Path

    def upstream(self, name: str = "app", **data: bytes) -> git.Upstream:
        url = git.RepositoryURL.parse(self.server.url(name))
        return git.Upstream(self.client, url, credentials.from_secret(url, data))

    def mirror(self, name: str = "app") -> Path:
        url = git.RepositoryURL.parse(self.server.url(name))
        return mirrors.directory(self.root, url, credentials.from_secret(url, {}))

    async def checkout(
        self,
        reference: git.Reference,
        *,
        upstream: git.Upstream | None = None,
        known: str = "",
        limit: int = 1 << 30,
        seconds: float = 20,
    ) -> tuple[git.Commit, list[str]] | None:
        """The commit and the file names, as a worker would find them."""
        upstream = upstream or self.upstream()
        prefixes = reference.prefixes()
        refs = await upstream.refs(prefixes) if prefixes else {}
        needed = references.needed(reference, refs)
        async with self.gateway.visit(upstream, refs=needed, limit=limit, seconds=seconds) as (address, visit):
            job = git.Job(address=address, mirror=self.mirror(), reference=reference, refs=refs, known=known)
            try:
                return await asyncio.to_thread(examine, job)
            except git.GitError:
                if visit.failure:
                    raise visit.failure from None
                raise

    @asynccontextmanager
    async def counting(self) -> AsyncIterator[list[str]]:
        """The requests that the server sees within the block."""
        before = len(self.server.requests)
        seen: list[str] = []
        yield seen
        seen += [request.path.rpartition("/")[2] for request in self.server.requests[before:]]


def examine(job: git.Job) -> tuple[git.Commit, list[str]] | None:
    with git.checked_out(job) as found:
        return None if found is None else (found.commit, [entry.name for entry in found.tree])


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with GitServer() as server, web.Web() as client, git.Gateway() as gateway:
        yield Desk(server, client, gateway, tmp_path / "mirrors")
