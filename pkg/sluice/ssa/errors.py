"""What applying and pruning can fail with.

::

    SSAError
      ApplyFailed    objects of a stage could not be checked or written; carries every failure and what was done before
      PruneFailed    objects could not be deleted; carries what was deleted and what is left

The texts follow Flux's, which alert filters match; where Flux reports the first error only, all are reported,
one per line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from sluice import kube
from sluice.ssa import changes

_FOUND: Final = re.compile(r", got .*", re.DOTALL)
_MISFITS: Final = ("failed to create typed patch object", "failed to convert new object")
"""What the API server says of an object that it cannot read."""


class SSAError(Exception):
    """Root of everything this package raises on purpose."""


class ApplyFailed(SSAError):
    """Some objects were refused: `failures` says which and why, `changes` what was done in all stages so far."""

    def __init__(self, failures: Iterable[str], done: changes.ChangeSet, *, passing: bool = False) -> None:
        self.failures = tuple(failures)
        self.changes = done
        self.passing = passing
        """Whether all of it is the server's trouble, not the objects': worth trying again soon."""
        super().__init__("\n".join(self.failures))

    def __str__(self) -> str:
        # Flux ends the text with the changes that were made, one per line, and with a line end when there are
        # none.
        done = "".join(f"{change}\n" for change in self.changes.changed)
        return "\n".join(self.failures) + "\n" + done


class PruneFailed(SSAError):
    """Some objects could not be deleted: `survivors` stay in the inventory, so that they are tried again."""

    def __init__(self, failures: Iterable[str], done: changes.ChangeSet, survivors: Iterable[kube.ObjectRef]) -> None:
        self.failures = tuple(failures)
        self.changes = done
        self.survivors = tuple(survivors)
        super().__init__("delete failed, errors: " + "".join(f"{failure};" for failure in self.failures))


def dry_run_failure(ref: kube.ObjectRef, error: kube.KubeError) -> str:
    """Why an object cannot be applied, in Flux's words."""
    if isinstance(error, kube.NotFound):
        what = "not found" if ref.namespace else "namespace not specified"
        return f"{ref} {what}: {error}"
    reason = ""
    if isinstance(error, kube.ApiError):
        conflict = any(cause.get("reason") == "FieldManagerConflict" for cause in error.causes)
        reason = "FieldManagerConflict" if conflict else error.reason
    return f"{ref} dry-run failed{f' ({reason})' if reason else ''}: {shown(ref, error)}"


def shown(ref: kube.ObjectRef, error: kube.KubeError) -> str:
    """What the server said, without the value that it found where a Secret should have had a text."""
    if (ref.group, ref.kind) != ("", "Secret"):
        return str(error)
    return _FOUND.sub(", got something else, which is not shown", str(error))


def is_passing(error: kube.KubeError) -> bool:
    """Whether the server is in trouble, and not the object at fault.

    An object that does not fit its schema is answered with a 500 as well.
    """
    if any(text in str(error) for text in _MISFITS):
        return False
    return isinstance(error, kube.Unreachable | kube.ServerError | kube.TooManyRequests)


def is_immutable(error: kube.KubeError) -> bool:
    """Whether a field that cannot change may be the cause: as to kubectl, any invalid object.

    To kubectl any conflict, too. But a forced apply conflicts with nobody: it is the server that is busy.
    """
    text = str(error)
    return isinstance(error, kube.Invalid) or "is immutable" in text or "immutable field" in text
