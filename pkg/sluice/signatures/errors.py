"""What verification raises. Messages are Flux's where Flux has one; none quotes a key."""

from collections.abc import Iterator
from contextlib import contextmanager


class SignatureError(Exception):
    """The signature is not one by any of the keys, or cannot be read."""


@contextmanager
def guarded(doing: str = "") -> Iterator[None]:
    """Whatever a library makes of what strangers wrote, it verified nothing: each of its errors is a SignatureError."""
    before = f"{doing}: " if doing else ""
    try:
        yield
    except SignatureError as error:
        raise SignatureError(f"{before}{error}") from None
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - no list of what parsers can raise is complete
        raise SignatureError(f"{before}it cannot be read ({type(error).__name__})") from None
