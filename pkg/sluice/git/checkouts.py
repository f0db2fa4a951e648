"""From a reference to the tree of its commit, over a mirror: fetches only what the mirror lacks.

Blocks; runs in worker processes. `Job` and `Commit` travel between processes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sluice.git import knownhosts, references, sessions, sshkeys
from sluice.git.credentials import Credentials
from sluice.git.errors import (
    BrokenMirrorError,
    CredentialsError,
    EmptyRepositoryError,
    GitError,
    ReferenceNotFoundError,
    RemoteError,
    UnresolvedError,
)
from sluice.git.libgit2 import pygit2
from sluice.git.mirrors import Mirror
from sluice.git.references import Candidate, Reference
from sluice.git.sessions import Session

MAX_BYTES = 1 << 30


@dataclass(frozen=True, kw_only=True)
class Job:
    """One check-out to make."""

    address: str
    """What libgit2 connects to: a gateway visit, an ssh or a file address."""
    mirror: Path
    reference: Reference
    refs: Mapping[str, str] | None = None
    """The server's references where they were listed already; None: list them over this connection."""
    known: str = ""
    """A revision that the caller has: when the reference still leads there, nothing is fetched."""
    login: Credentials | None = None
    """For ssh, and for HTTP where there is no gateway: otherwise HTTP logins stay in that one's process."""
    server: tuple[str, int] | None = None
    """For ssh, whose host keys count: the host and port that ``address`` leads to, if not those in it."""
    max_bytes: int = MAX_BYTES
    annotated: bool = False
    """Whether an annotated tag is needed itself, and not only its commit."""


@dataclass(frozen=True, kw_only=True)
class Tag:
    """A tag that was checked out."""

    name: str
    target: str
    """The object that it points to: an annotated tag's own, or a commit."""


@dataclass(frozen=True, kw_only=True)
class Commit:
    """One commit, as far as statuses and messages need it."""

    id: str
    revision: str
    message: str

    @property
    def subject(self) -> str:
        """The first line of the message, at most 50 characters of it."""
        line = self.message.split("\n")[0]
        return f"{line[:50]}..." if len(line) > 50 else line


@dataclass(frozen=True, kw_only=True)
class Checkout:
    """A commit and its tree; usable while the block that made it lasts."""

    commit: Commit
    repository: pygit2.Repository
    tree: pygit2.Tree
    tag: Tag | None = None
    """The tag that led here."""


@contextmanager
def checked_out(job: Job) -> Iterator[Checkout | None]:
    """The check-out that ``job`` describes; None when the reference still leads to ``job.known``.

    Raises the GitError tree. A damaged mirror is made anew and the fetch repeated once.
    """
    references.check(job.reference)
    if job.login is not None and job.address.startswith("ssh:"):
        _check_key(job.login)
    mirror = Mirror(job.mirror, max_bytes=job.max_bytes)
    with mirror.locked(), _opened(job) as session:
        try:
            found = _find(job, mirror, session)
        except BrokenMirrorError:
            mirror.discard()
            with _opened(job) as again:
                found = _find(job, mirror, again)
        try:
            yield found
        finally:
            if found is not None:
                # Its packs are mapped: a worker at rest holds none.
                found.repository.free()


def _opened(job: Job) -> AbstractContextManager[Session]:
    return sessions.opened(job.address, job.login, max_bytes=job.max_bytes, server=job.server)


def _check_key(login: Credentials) -> None:
    try:
        sshkeys.pair(login.identity, login.password)
        knownhosts.check(login.known_hosts)
    except CredentialsError as error:
        raise CredentialsError(f"unable to construct auth method with options: {error}") from None


def _find(job: Job, mirror: Mirror, session: Session) -> Checkout | None:
    refs = job.refs
    if refs is None:
        refs = {} if job.reference.commit else session.refs(mirror.shallow())
        if not refs and not job.reference.commit:
            raise EmptyRepositoryError("git repository is empty")
    candidates = references.resolve(job.reference, refs)
    if job.known and len(candidates) == 1 and candidates[0].revision == job.known:
        return None
    try:
        repository, candidate = _obtain(job, mirror, session, candidates)
        found = _checkout(repository, candidate)
    except (pygit2.GitError, KeyError, ValueError) as error:
        raise BrokenMirrorError(f"the local mirror is damaged: {type(error).__name__}") from error
    return None if job.known and found.commit.revision == job.known else found


def _obtain(
    job: Job, mirror: Mirror, session: Session, candidates: Sequence[Candidate]
) -> tuple[pygit2.Repository, Candidate]:
    if job.reference.commit:
        return _obtain_pinned(mirror, session, candidates[0])
    repository = mirror.shallow() if session.shallow else mirror.full()
    if missing := [candidate for candidate in candidates if not _is_here(job, repository, candidate)]:
        _fetch(session, repository, [candidate.fetch for candidate in missing], depth=1 if session.shallow else 0)
        # What was fetched counts: the reference may have moved since it was listed.
        candidates = [_arrived(repository, each) if each in missing else each for each in candidates]
    return repository, max(candidates, key=lambda each: repository[each.commit].commit_time)


def _obtain_pinned(mirror: Mirror, session: Session, pin: Candidate) -> tuple[pygit2.Repository, Candidate]:
    """A pinned commit never changes, so one that is here needs no network at all."""
    full = mirror.full()
    if _reaches(full, pin):
        return full, pin
    if not pin.fetch and session.shallow:
        shallow = mirror.shallow()
        if _holds(shallow, pin.commit) or _fetch_single(session, shallow, pin.commit):
            return shallow, pin
    wanted = [pin.fetch] if pin.fetch else ["refs/heads/*", "refs/tags/*"]
    _fetch(session, full, wanted, depth=0)
    if pin.fetch:
        _arrived(full, pin)
    if not _reaches(full, pin):
        raise UnresolvedError(f"unable to resolve commit object for '{pin.commit}': object not found")
    return full, pin


def _fetch_single(session: Session, repository: pygit2.Repository, commit: str) -> bool:
    """Ask for one commit by its id, which some servers refuse."""
    try:
        session.fetch(repository, [f"+{commit}:{_place(commit)}"], depth=1)
    except RemoteError:
        return False
    return _holds(repository, commit)


def _reaches(repository: pygit2.Repository, pin: Candidate) -> bool:
    """Whether the commit is here and, where a branch was named, on that branch."""
    if not _holds(repository, pin.commit):
        return False
    if not pin.fetch:
        return True
    tip = repository.references.get(_place(pin.fetch))
    return tip is not None and (
        str(tip.target) == pin.commit or repository.descendant_of(tip.target, pygit2.Oid(hex=pin.commit))
    )


def _fetch(session: Session, repository: pygit2.Repository, names: Sequence[str], *, depth: int) -> None:
    session.fetch(repository, [f"+{name}:{_place(name)}" for name in names], depth=depth)


def _arrived(repository: pygit2.Repository, candidate: Candidate) -> Candidate:
    reference = repository.references.get(_place(candidate.fetch))
    if reference is None:
        raise ReferenceNotFoundError(f'couldn\'t find remote ref "{candidate.fetch}"')
    return replace(candidate, commit=str(reference.peel(pygit2.Commit).id), target=str(reference.target))


def _place(name: str) -> str:
    """Where a fetched reference is kept. Hashed, as names of different times may be each other's directories."""
    if name.endswith("/*"):
        return f"refs/sluice/{name.split('/')[1]}/*"
    return f"refs/sluice/{hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest()}"


def _is_here(job: Job, repository: pygit2.Repository, candidate: Candidate) -> bool:
    # A commit may have come by another name than the tag that is asked for now.
    return _holds(repository, candidate.commit) and not (job.annotated and not _holds(repository, candidate.target))


def _holds(repository: pygit2.Repository, commit: str) -> bool:
    # Packs arrive whole or not at all, so a commit that is here has its tree here.
    return pygit2.Oid(hex=commit) in repository


def _checkout(repository: pygit2.Repository, candidate: Candidate) -> Checkout:
    found = repository[candidate.commit]
    if not isinstance(found, pygit2.Commit):
        raise GitError(f"'{candidate.fetch or candidate.commit}' does not lead to a commit")
    commit = Commit(id=candidate.commit, revision=candidate.revision, message=found.message)
    name = candidate.fetch.removeprefix("refs/tags/")
    tag = Tag(name=name, target=candidate.target) if name != candidate.fetch else None
    return Checkout(commit=commit, repository=repository, tree=found.tree, tag=tag)
