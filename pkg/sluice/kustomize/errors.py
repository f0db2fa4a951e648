"""What a build can fail with.

    KustomizeError
    ├── GenerateError       the kustomization that Flux generates or merges could not be made
    └── BuildError          `kustomize build` would have failed
        ├── InvalidKustomization   a kustomization file that is not one
        ├── InvalidResource        a resource, patch or generator input that cannot be used
        ├── MissingFile            a path that leads nowhere, or to the wrong kind of thing
        ├── DuplicateResource      two resources with one identity
        ├── InvalidPatch           a patch that does not apply
        ├── Unreachable            a remote file or repository that could not be had, or not in time
        ├── InvalidChart           a Helm chart that does not render
        ├── Refused                plugins, functions, remote files, paths that leave the root
        └── LimitExceeded          more, larger or deeper than the build may be

An error is told in two ways. `str()` is kustomize's own words, context upon context, for conditions and the alerts
that match them. `reason`, `place`, `via` and `advice` are ours, for who has to mend it: what is wrong, in one clause;
where; through which entries the build came there; what to do. Values of Secrets are in none of them.
"""

from typing import NamedTuple, Self, TypeVar


class Place(NamedTuple):
    """Where a fault is. Files are as seen from the root of the build, fields as in `patches[0].target.name`."""

    file: str = ""
    line: int | None = None
    field: str = ""

    def __str__(self) -> str:
        file = f"{self.file}:{self.line}" if self.file and self.line else self.file
        return ": ".join(_clipped(part) for part in (file, self.field) if part)


_LONGEST = 400
"""What a reason or a place shows of names and texts that somebody made longer than anybody reads."""


def _clipped(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:300]} ... {text[-80:]}"


class KustomizeError(Exception):
    """Any failure of a build. Errors cross process borders: they pickle.

    One raised without a file is about a field of whatever is being worked on: its field is completed, and its file and
    line are added, by those who know them (`located`).
    """

    def __init__(
        self, reason: str, *, file: str = "", line: int | None = None, field: str = "", advice: str = ""
    ) -> None:
        super().__init__(reason)
        self.reason = _clipped(reason)
        self.file = file
        self.line = line
        self.field = field
        self.advice = advice
        self.via: tuple[Place, ...] = ()
        """The entries that led to the place, the nearest first."""
        self.way = ""
        """The field that led to the file, as far as it is known and while that field's own file is not."""
        self.message = reason

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.reason, dict(vars(self)))

    @property
    def place(self) -> Place:
        """Return file, line and field together."""
        return Place(self.file, self.line, self.field)

    def within(self, context: str) -> Self:
        """Return the same error with `context: ` before its message."""
        return self.saying(f"{context}: {self.message}")

    def saying(self, message: str) -> Self:
        """Return the same error with another message; reason and place stay."""
        error = _rebuild(type(self), self.reason, {**vars(self), "message": message})
        error.__cause__ = self.__cause__
        return error

    def located(self, *, file: str = "", line: int | None = None, field: str = "") -> Self:
        """Return the same error with more known about its place.

        An error that has its file is complete: what is given then is the entry of another file that led there.
        """
        error = self.saying(self.message)
        if not self.file:
            error.file, error.line, error.field = file, line, below(field, self.field)
            return error
        error.way = below(field, self.way)
        if error.way and file not in ("", self.file):
            error.via, error.way = (*self.via, Place(file, line, error.way)), ""
        return error


def below(field: str, inner: str) -> str:
    """Return the field `inner` of the field `field`."""
    return f"{field}.{inner}" if field and inner and not inner.startswith("[") else field + inner


E = TypeVar("E", bound=KustomizeError)


def _rebuild(kind: type[E], reason: str, state: dict[str, object]) -> E:
    error = kind(reason)
    vars(error).update(state)
    return error


class GenerateError(KustomizeError):
    """The kustomization that Flux would write before the build could not be made."""


class BuildError(KustomizeError):
    """`kustomize build` would have failed."""


class InvalidKustomization(BuildError):
    """A kustomization file with wrong fields, types or versions."""


class InvalidResource(BuildError):
    """A resource, patch file or generator source that cannot be used."""


class MissingFile(BuildError):
    """A path that leads nowhere, or to a directory where a file is wanted and the other way round."""


class DuplicateResource(BuildError):
    """Two resources with one group, version, kind, name and namespace."""


class InvalidPatch(BuildError):
    """A patch that cannot be read, matches nothing or does not apply."""


class InvalidChart(BuildError):
    """A Helm chart that cannot be loaded, or does not render with its values."""


class Unreachable(BuildError):
    """A remote file or repository that could not be had, was too large or took too long."""


class Refused(BuildError):
    """Something this engine never does: run code from the source, leave the root, fetch on its own."""


class LimitExceeded(BuildError):
    """The build is more, larger or deeper than allowed."""
