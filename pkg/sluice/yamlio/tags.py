"""What a scalar with an explicit tag stands for: `!!int "5"`, `!!binary aGk=`, `!mine 5`."""

import binascii
import re
from typing import Any

from sluice.yamlio.scalars import Dialect, is_timestamp, resolve

YAML = "tag:yaml.org,2002:"
_INT64 = range(-(2**63), 2**63)
_NOT_UTF8 = re.compile("[\udc80-\udcff]")


def tagged(tag: str, text: str, dialect: Dialect) -> Any:
    """Return the value of a scalar whose tag is written out; ValueError when it cannot be of that type.

    A tag that YAML does not define for scalars makes it a text.
    """
    name = tag.removeprefix(YAML)
    if name == "binary":
        return _binary(text)
    if name == tag or name not in ("bool", "int", "float", "null", "timestamp"):
        return text
    if is_timestamp(text):
        # A date is looked for only where one may stand.
        if name == "timestamp":
            return resolve(text, dialect)
        raise _mismatch("str", name)
    value = resolve(text, dialect)
    if name == "float" and type(value) is int and value in _INT64:
        return float(value)
    if _type(value) != name:
        raise _mismatch(_type(value), name)
    return value


def _mismatch(found: str, wanted: str) -> ValueError:
    # The text stays out of it: it may be the value of a Secret.
    return ValueError(f"cannot decode !!{found} as a !!{wanted}")


def _binary(text: str) -> str:
    """Decode base64; what is no UTF-8 in it becomes U+FFFD, byte by byte, as Go's JSON encoder has it."""
    try:
        decoded = binascii.a2b_base64(text.replace("\n", "").replace("\r", "").encode(), strict_mode=True)
    except binascii.Error:
        raise ValueError("!!binary value contains invalid base64 data") from None
    return _NOT_UTF8.sub("\ufffd", decoded.decode("utf-8", "surrogateescape"))


def _type(value: Any) -> str:
    for name, python_type in (("bool", bool), ("int", int), ("float", float), ("null", type(None))):
        if isinstance(value, python_type):
            return name
    return "str"
