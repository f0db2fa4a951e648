"""What a build can fail with.

    KustomizeError
    ├── GenerateError       the kustomization that Flux generates or merges could not be made
    └── BuildError          `kustomize build` would have failed
        ├── InvalidKustomization   a kustomization file that is not one
        ├── InvalidResource        a resource, patch or generator input that cannot be used
        ├── MissingFile            a path that leads nowhere, or to the wrong kind of thing
        ├── DuplicateResource      two resources with one identity
        ├── InvalidPatch           a patch that does not apply
        ├── Refused                plugins, functions, remote files, paths that leave the root
        ├── Unsupported            part of kustomize, not of this engine yet
        └── LimitExceeded          more, larger or deeper than the build may be

`str()` is the message, in kustomize's words where kustomize has some; the fields say where to look. Values of Secrets
are in neither.
"""

from typing import Self, TypeVar


class KustomizeError(Exception):
    """Any failure of a build. Errors cross process borders: they pickle."""

    def __init__(self, reason: str, *, file: str = "", line: int | None = None, field: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.file = file
        self.line = line
        self.field = field
        self.message = reason

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.reason, self.file, self.line, self.field, self.message)

    def within(self, context: str) -> Self:
        """Return the same error with `context: ` before its message."""
        return self.saying(f"{context}: {self.message}")

    def saying(self, message: str) -> Self:
        """Return the same error with another message; reason and place stay."""
        error = _rebuild(type(self), self.reason, self.file, self.line, self.field, message)
        error.__cause__ = self.__cause__
        return error

    def located(self, *, file: str = "", line: int | None = None, field: str = "") -> Self:
        """Return the same error with what was not yet known about its place."""
        error = self.saying(self.message)
        error.file, error.line, error.field = self.file or file, self.line or line, self.field or field
        return error


E = TypeVar("E", bound=KustomizeError)


def _rebuild(kind: type[E], reason: str, file: str, line: int | None, field: str, message: str) -> E:
    error = kind(reason, file=file, line=line, field=field)
    error.message = message
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


class Refused(BuildError):
    """Something this engine never does: run code from the source, leave the root, fetch on its own."""


class Unsupported(BuildError):
    """Something kustomize does and this engine does not do yet; `file` and `field` name it."""


class LimitExceeded(BuildError):
    """The build is more, larger or deeper than allowed."""
