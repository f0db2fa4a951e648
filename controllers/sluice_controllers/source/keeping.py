"""What every kind of source does with the storage: look what is there, write, keep, and remove with the object."""

from collections.abc import Hashable
from typing import Any, Protocol, TypeVar

from sluice import artifact, runtime
from sluice.artifact import Draft, Storage
from sluice_api.source.v1 import Artifact
from sluice_controllers.source import conditions, failures


class _Status(Protocol):
    @property
    def artifact(self) -> Artifact | None: ...


class Stored(Protocol):
    """An object whose status names an artifact."""

    @property
    def status(self) -> _Status:
        """The status."""


Source = TypeVar("Source", bound=Stored)


def damage_of(path: str) -> Hashable:
    """What is notified when a stored file turns out not to be what it was."""
    return ("damaged artifact", path)


def arrival_of(path: str) -> Hashable:
    """What is notified when a file is put in the storage: for those who read the files of others."""
    return ("kept artifact", path)


class Keeper:
    """The artifacts of one kind's objects. `kind` is how the kind is called, as in paths of artifacts."""

    def __init__(self, storage: Storage, kind: str) -> None:
        self.storage = storage
        self._kind = kind

    async def __call__(self, ctx: runtime.Context[Any], source: Source) -> Source:
        """The first step: clean up old artifacts, and forget one that is gone or damaged so that it is made again.

        Sets no condition of its own. When the artifact is missing, ArtifactInStorage goes, and later steps do not see
        status.artifact; who reads the object sees it until another one is there.
        """
        current = source.status.artifact
        if current is not None:
            ctx.subscribe(damage_of(current.path))
            self._collect(ctx, current)
            current = await self._verified(ctx, current)
        if current is None:
            _forget(ctx, had=source.status.artifact is not None)
        elif current.url != (url := self.storage.url(current.path)):
            # The advertised host may have changed with a restart.
            ctx.status["artifact"] = {**ctx.status["artifact"], "url": url}
            if "url" in ctx.status:
                directory, link = current.path.rpartition("/")[0], ctx.status["url"].rpartition("/")[2]
                ctx.status["url"] = self.storage.url(f"{directory}/{link}")
        return source

    def draft(self, ctx: runtime.Context[Any]) -> Draft:
        """A place to write a new artifact to; `discard` it in the end, kept or not."""
        try:
            return self.storage.draft(self._kind, ctx.namespace, ctx.name, "pending")
        except (OSError, artifact.ArtifactError) as error:
            raise runtime.Transient(
                "DirectoryCreationFailed",
                f"failed to create artifact directory: {artifact.cause(error)}",
                condition=conditions.STORAGE_OPERATION_FAILED,
            ) from None

    async def keep(
        self,
        ctx: runtime.Context[Any],
        draft: Draft,
        *,
        file: str,
        revision: str,
        digest: str,
        link: str = "",
        **more: Any,
    ) -> Artifact:
        """Make the draft the artifact, called `file`, and note it in the status; `more` are fields of the artifact.

        A `link` beside it leads to the newest one; `status.url` is its address. What is made again, and has come to the
        same, is the artifact that it was: nobody is told of it.
        """
        named = Draft(path=draft.path.rpartition("/")[0] + f"/{file}", temporary=draft.temporary)
        try:
            kept = await self.storage.keep(named, revision=revision, digest=digest)
        except (OSError, artifact.ArtifactError) as error:
            raise failures.archiving(error) from None
        ctx.subscribe(damage_of(kept.path))
        kept = _as_it_was(ctx, kept.model_copy(update=more))
        ctx.status["artifact"] = kept.model_dump(by_alias=True, exclude_none=True)
        if link:
            self._link(ctx, kept, link)
        in_storage(ctx, kept)
        return kept

    def discard(self, draft: Draft) -> None:
        """Remove what was written of a draft that is not kept."""
        self.storage.discard(draft)

    async def remove_all(self, ctx: runtime.Context[Any]) -> None:
        """Remove everything stored for an object that is deleted."""
        try:
            removed = self.storage.remove_all(self._kind, ctx.namespace, ctx.name)
        except (OSError, artifact.ArtifactError) as error:
            text = f"garbage collection for deleted resource failed: {artifact.cause(error)}"
            raise runtime.Transient("GarbageCollectionFailed", text) from None
        if removed:
            ctx.trace("GarbageCollectionSucceeded", "garbage collected artifacts for deleted resource")

    def _link(self, ctx: runtime.Context[Any], kept: Artifact, link: str) -> None:
        try:
            ctx.status["url"] = self.storage.link(kept, link)
        except (OSError, artifact.ArtifactError) as error:
            # The artifact itself has its own address: this one is for people.
            ctx.trace("SymlinkUpdateFailed", f"failed to update status URL symlink: {artifact.cause(error)}")

    def _collect(self, ctx: runtime.Context[Any], current: Artifact) -> None:
        try:
            gone = self.storage.collect(current)
        except (OSError, artifact.ArtifactError) as error:
            # Old files that stay do no harm to this pass; the next one tries again.
            ctx.log.warning("garbage collection failed", error=str(error))
            return
        if gone:
            ctx.trace("GarbageCollectionSucceeded", f"garbage collected {len(gone)} artifacts")

    async def _verified(self, ctx: runtime.Context[Any], current: Artifact) -> Artifact | None:
        try:
            if not self.storage.has(current):
                return None
            await self.storage.verify(current)
        except artifact.DigestMismatchError as error:
            _tell_unverified(ctx, error)
            self._remove(ctx, current)
            return None
        except (artifact.ArtifactError, OSError) as error:
            # It may be good for all that is known: it stays until another one takes its place.
            _tell_unverified(ctx, error)
            return None
        return current

    def _remove(self, ctx: runtime.Context[Any], damaged: Artifact) -> None:
        try:
            self.storage.remove(damaged)
        except (artifact.ArtifactError, OSError) as error:
            # Nobody takes it for what it was: its digest is not the one that they are told.
            ctx.log.warning("damaged artifact not removed", error=str(error))


def _tell_unverified(ctx: runtime.Context[Any], error: Exception) -> None:
    text = f"failed to verify integrity of artifact: {artifact.cause(error)}"
    ctx.event("Warning", "ArtifactVerificationFailed", text)


def in_storage(ctx: runtime.Context[Any], current: Artifact) -> None:
    """Say that the artifact stands for the source."""
    message = conditions.stored_message(current.revision)
    ctx.condition(conditions.ARTIFACT_IN_STORAGE, "True", "Succeeded", message)


def current(ctx: runtime.Context[Any]) -> Artifact:
    """The artifact that the status names; it must name one."""
    return Artifact.model_validate(ctx.status["artifact"])


def _as_it_was(ctx: runtime.Context[Any], kept: Artifact) -> Artifact:
    """The artifact that the status named before, if this is the same, down to the time at which it came to be."""
    before = (ctx.object.get("status") or {}).get("artifact")
    if before is None:
        return kept
    since = kept.model_copy(update={"last_update_time": before.get("lastUpdateTime")})
    same = since.model_dump(by_alias=True, exclude_none=True) == {**before, "url": since.url}
    return since if same else kept


def _forget(ctx: runtime.Context[Any], *, had: bool) -> None:
    # Those who have the artifact already may go on with it: they are told when it is another one that comes.
    ctx.status.withhold("artifact")
    ctx.status.withhold("url")
    ctx.clear_condition(conditions.ARTIFACT_IN_STORAGE)
    ctx.progress("building artifact: disappeared from storage" if had else "building artifact", drifted=True)
