"""Names: made up from a generateName, or required."""

import secrets

from sluice.apiserver import errors
from sluice.apiserver.kinds import KindInfo
from sluice.apiserver.storage.entries import Object
from sluice.apiserver.validation import errors as fields

# No vowels and no digits that look like letters: nothing that spells a word.
ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
_LONGEST_PREFIX = 63 - 5


def generated(kind: KindInfo, obj: Object) -> Object:
    """The object with a name; one without name and generateName is invalid."""
    metadata = obj["metadata"]
    if metadata.get("name"):
        return obj
    prefix = metadata.get("generateName", "")
    if not prefix:
        raise errors.invalid(kind, "", [fields.required("metadata.name", "name or generateName is required")])
    name = prefix[:_LONGEST_PREFIX] + "".join(secrets.choice(ALPHABET) for _ in range(5))
    return {**obj, "metadata": {**metadata, "name": name}}
