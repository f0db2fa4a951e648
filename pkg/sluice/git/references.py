"""From a reference to a commit: pure functions over the list of a server's references."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sluice import semver
from sluice.git.errors import ReferenceNotFoundError, UnresolvedError

DEFAULT_BRANCH = "master"
PEELED = "^{}"

Refs = Mapping[str, str]
"""Full reference name to object id; an annotated tag also has its name with ``^{}``, the commit it points to."""

_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, kw_only=True)
class Reference:
    """What to check out. Precedence: commit, name, tag, semver, branch (default ``master``)."""

    branch: str = ""
    tag: str = ""
    semver: str = ""
    name: str = ""
    commit: str = ""

    def prefixes(self) -> tuple[str, ...]:
        """The references that must be listed to resolve this; empty when none (a pinned commit)."""
        if self.commit:
            return ()
        if self.name:
            return (self.name.removesuffix(PEELED),)
        if self.tag:
            return (f"refs/tags/{self.tag}",)
        if self.semver:
            return ("refs/tags/",)
        return (f"refs/heads/{self.branch or DEFAULT_BRANCH}",)


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One reference that satisfies the request."""

    fetch: str
    """The reference to fetch; for a pinned commit the branch that must hold it, or nothing."""
    commit: str
    label: str
    """What the revision shows before the ``@``; empty for a bare commit."""
    target: str = ""
    """What the reference itself points to: for an annotated tag the tag, not its commit. Empty for a pinned commit."""

    @property
    def revision(self) -> str:
        """The revision as an artifact states it: ``main@sha1:…``, or ``sha1:…``."""
        return f"{self.label}@sha1:{self.commit}" if self.label else f"sha1:{self.commit}"


def resolve(reference: Reference, refs: Refs) -> tuple[Candidate, ...]:
    """The candidates for ``reference``: one, or several tags of one version, of which the newest commit counts.

    Raises ReferenceNotFoundError or UnresolvedError with Flux's texts.
    """
    if reference.commit:
        return (_pinned(reference),)
    if reference.name:
        return (_named(reference.name, refs),)
    if reference.tag:
        return (_direct(f"refs/tags/{reference.tag}", reference.tag, refs),)
    if reference.semver:
        return _versions(reference.semver, refs)
    branch = reference.branch or DEFAULT_BRANCH
    return (_direct(f"refs/heads/{branch}", branch, refs),)


def needed(reference: Reference, refs: Refs) -> dict[str, str]:
    """Those of ``refs`` that a fetch of ``reference`` may take; none for a pinned commit. Raises as `resolve` does."""
    if reference.commit:
        return {}
    names = [name for each in resolve(reference, refs) for name in (each.fetch, each.fetch + PEELED)]
    return {name: refs[name] for name in names if name in refs}


def _pinned(reference: Reference) -> Candidate:
    if not _COMMIT.fullmatch(reference.commit):
        raise UnresolvedError(f"unable to resolve commit object for '{reference.commit}': object not found")
    fetch = f"refs/heads/{reference.branch}" if reference.branch else ""
    return Candidate(fetch=fetch, commit=reference.commit, label=reference.branch)


def _named(name: str, refs: Refs) -> Candidate:
    if name.startswith("/") or name.endswith("/"):
        raise UnresolvedError(f"ref {name} is invalid; Git refs cannot begin or end with a slash '/'")
    commit = _peeled(name.removesuffix(PEELED), refs)
    if commit is None:
        raise UnresolvedError(f"unable to resolve ref '{name}' to a specific commit")
    fetch = name.removesuffix(PEELED)
    return Candidate(fetch=fetch, commit=commit, label=name, target=refs.get(fetch, commit))


def _direct(name: str, label: str, refs: Refs) -> Candidate:
    commit = _peeled(name, refs)
    if commit is None:
        raise ReferenceNotFoundError(f'couldn\'t find remote ref "{name}"')
    return Candidate(fetch=name, commit=commit, label=label, target=refs.get(name, commit))


def _peeled(name: str, refs: Refs) -> str | None:
    return refs.get(name + PEELED) or refs.get(name)


def _versions(text: str, refs: Refs) -> tuple[Candidate, ...]:
    constraint = _constraint(text)
    best: semver.Version | None = None
    tags: list[str] = []
    for name in refs:
        tag = name.removeprefix("refs/tags/")
        version = semver.parse(tag) if tag != name and not name.endswith(PEELED) else None
        if version is None or not constraint.allows(version) or (best is not None and version < best):
            continue
        if version != best:
            best, tags = version, []
        tags.append(tag)
    if not tags:
        raise UnresolvedError(f"no match found for semver: {text}")
    return tuple(_direct(f"refs/tags/{tag}", tag, refs) for tag in sorted(tags))


def _constraint(text: str) -> semver.Constraint:
    try:
        return semver.Constraint.parse(text)
    except ValueError as error:
        raise UnresolvedError(f"semver parse error: {error}") from None


def check(reference: Reference) -> None:
    """Refuse, before any network call, what no list of references can make valid."""
    if reference.commit:
        _pinned(reference)
    elif not reference.name and not reference.tag and reference.semver:
        _constraint(reference.semver)
