"""One request to the keeper of a key, where that is a documented call and no SDK is needed."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any, Final

from sluice.sops.errors import KeyUnavailable
from sluice.sops.keys import credentials

_MOST_BYTES: Final = 1 << 20


def post(url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
    """Status and body of the answer. Follows no redirect, which would take credentials elsewhere.

    Raises:
        KeyUnavailable: there is no answer in time.
    """
    request = urllib.request.Request(url, data=body, headers=dict(headers), method="POST")  # noqa: S310 - no file
    try:
        with _OPENER.open(request, timeout=credentials.SECONDS) as answer:
            return answer.status, answer.read(_MOST_BYTES)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(_MOST_BYTES)
    except OSError as error:
        raise KeyUnavailable(f"it does not answer: {type(error).__name__}") from None


class _Staying(urllib.request.HTTPRedirectHandler):
    """Leaves a redirect to be an error."""

    def redirect_request(self, *_: Any) -> None:
        """Go nowhere."""


_OPENER: Final = urllib.request.build_opener(_Staying())
