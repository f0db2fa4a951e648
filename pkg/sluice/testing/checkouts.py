"""A person's checkout of a served repository: files changed, committed and pushed, over the wire as people do."""

import asyncio
import pathlib
from collections.abc import Iterable, Mapping

import pygit2


class Checkout:
    """A clone of `url` in `folder`, on the branch main; an empty repository is begun."""

    def __init__(self, url: str, folder: pathlib.Path) -> None:
        self.url = url
        self.folder = folder
        self._repository = pygit2.init_repository(str(folder), initial_head="main", origin_url=url)

    async def push(self, files: Mapping[str, str], *, remove: Iterable[str] = (), message: str) -> str:
        """Write and remove files, commit them, push, and return the commit's id.

        Raises:
            pygit2.GitError: when the server refuses the push.
        """
        for path, content in files.items():
            target = self.folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(content)
        for path in remove:
            (self.folder / path).unlink()
        commit = self._commit(message)
        # The server may run in this very process: the push must not block its event loop.
        await asyncio.to_thread(self._repository.remotes["origin"].push, ["refs/heads/main"])
        return commit

    def _commit(self, message: str) -> str:
        index = self._repository.index
        index.add_all()
        index.write()
        who = pygit2.Signature("Ada", "ada@example.com")
        parents = [] if self._repository.head_is_unborn else [self._repository.head.target]
        return str(self._repository.create_commit("HEAD", who, who, message, index.write_tree(), parents))
