"""Times as the API writes them."""

import re
from datetime import UTC, datetime

from sluice.apiserver.validation.malformed import Malformed

_LAYOUT = "2006-01-02T15:04:05Z07:00"
_MICRO_LAYOUT = "2006-01-02T15:04:05.000000Z07:00"
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})")


def canonical(text: str, *, micro: bool = False) -> str:
    """In UTC, to the second (or, `micro`, to the microsecond); `Malformed`."""
    layout = _MICRO_LAYOUT if micro else _LAYOUT
    if not _TIME.fullmatch(text):
        raise Malformed(f'parsing time "{text}" as "{layout}": cannot parse "{text}" as "2006"')
    try:
        moment = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text)).astimezone(UTC)
    except ValueError as error:
        raise Malformed(f'parsing time "{text}": {error}') from error
    written = moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ" if micro else "%Y-%m-%dT%H:%M:%SZ")
    return written.rjust(len("2006-01-02T15:04:05Z"), "0")
