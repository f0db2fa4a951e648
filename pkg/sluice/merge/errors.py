"""What can go wrong in a merge.

    MergeError
    ├── JSONPatchError        an operation does not apply, or is none
    ├── StrategicPatchError   the patch does not fit the document or uses a directive wrongly
    ├── AppliedObjectError    the object to apply cannot be taken as it is (a bad request)
    ├── MistypedError         an object does not fit its schema
    ├── ManagedFieldsError    managedFields that cannot be read
    └── Conflicts             fields to apply are owned by others (`sluice.merge.conflicts`)

Texts are those of the real API server wherever it has one.
"""


class MergeError(ValueError):
    """Base of everything this package raises on purpose."""


class JSONPatchError(MergeError):
    """A JSON patch operation does not apply; `index` and `path` say which one.

    The API server answers 422 without telling: "the server rejected our request due to an error in our request".
    """

    def __init__(self, message: str, *, index: int, path: str) -> None:
        super().__init__(message)
        self.index = index
        self.path = path


class StrategicPatchError(MergeError):
    """A strategic merge patch that the API server refuses.

    `malformed` patches misuse a directive, which the API server calls a bad request; the others do not fit the
    document, which it calls an internal error.
    """

    def __init__(self, message: str, *, malformed: bool = False) -> None:
        super().__init__(message)
        self.malformed = malformed


class AppliedObjectError(MergeError):
    """The object to apply carries what an apply must not carry."""


class ManagedFieldsError(MergeError):
    """`metadata.managedFields` cannot be read."""


class MistypedError(MergeError):
    """An object does not fit its schema; `mistakes` are `(path, message)` pairs."""

    def __init__(self, mistakes: tuple[tuple[str, str], ...]) -> None:
        lines = [f"{path}: {message}" if path else message for path, message in mistakes]
        super().__init__(lines[0] if len(lines) == 1 else "\n  ".join(["errors:", *lines]))
        self.mistakes = mistakes
