"""What may be stored: unknown fields dropped, defaults filled in, everything checked, in the real server's words.

Pure functions from objects to objects. `custom/` holds CRDs' kinds to their schemas and rules, `builtin/` the built-in
kinds to what Kubernetes' own code knows of them; `metadata` and `names` are for both.

    admit(obj, kind=, old=)         the object as it may be stored; Malformed, Invalid
    unknown_fields(obj, kind=)      paths that the kind does not have
    empty(kind)                     an object with nothing set, as the real server would write it
    Malformed(ValueError)           no object of its kind: a field of another type (400); built-in kinds only
    Invalid(ValueError)             an object, but not one that may be stored (422); `errors` say why
"""

from sluice.apiserver.validation.admission import admit, empty, unknown_fields
from sluice.apiserver.validation.errors import FieldError, Invalid
from sluice.apiserver.validation.malformed import Malformed

__all__ = ["FieldError", "Invalid", "Malformed", "admit", "empty", "unknown_fields"]
