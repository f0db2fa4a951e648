"""The Common Expression Language as Kubernetes speaks it: compile once, evaluate often.

The only door to the CEL library (docs/decisions/0003-cel-library.md says which, and why). Values are plain
Python on both sides. Variables are dynamically typed: a misspelt field is found when it is evaluated, not
when it is compiled.

Bounds: an expression is at most `MAX_LENGTH` characters, nests at most 32 levels deep and makes at most
10,000 iterations over all its macros; beyond that it fails. Memory is not bounded by the library, nor is the time of
an iteration: what tenants write is judged by `check` and `first_true`, in a process whose loss costs nothing.

    CELError(ValueError)
      CompileError      the expression is no CEL, or calls what does not exist
      EvaluationError   it is, but not for these values
"""

from typing import TYPE_CHECKING

from sluice import lazy
from sluice.cel.errors import CELError, CompileError, EvaluationError

if TYPE_CHECKING:
    from sluice.cel.conditions import check, first_true
    from sluice.cel.programs import MAX_LENGTH, Program, compile  # noqa: A004 (named as re.compile is)

__all__ = [
    "MAX_LENGTH",
    "CELError",
    "CompileError",
    "EvaluationError",
    "Program",
    "check",
    "compile",
    "first_true",
]

# The library takes 20 MB: a controller without any expression does without it.
__getattr__ = lazy.attributes(
    __name__,
    {
        "check": "conditions",
        "first_true": "conditions",
        "MAX_LENGTH": "programs",
        "Program": "programs",
        "compile": "programs",
    },
)
