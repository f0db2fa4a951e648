"""The envelope in CBOR: a COSE_Sign1 (RFC 9052). The one door to cbor2.

https://github.com/notaryproject/specifications/blob/main/specs/signature-envelope-cose.md
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, cast

from sluice.signatures.errors import SignatureError
from sluice.signatures.notation import algorithms, envelopes
from sluice.signatures.notation.envelopes import Envelope

MEDIA_TYPE: Final = "application/cose"

_ALGORITHMS: Final = {-7: "ES256", -35: "ES384", -36: "ES512", -37: "PS256", -38: "PS384", -39: "PS512"}
_ALGORITHM, _CRITICAL, _CONTENT, _CHAIN = 1, 2, 3, 33
_SIGN1: Final = 18
_DEPTH: Final = 16
_KNOWN: Final = (
    _ALGORITHM,
    _CRITICAL,
    _CONTENT,
    envelopes.SCHEME,
    envelopes.EXPIRY,
    envelopes.SIGNING_TIME,
    envelopes.AUTHENTIC_TIME,
)


def parse(data: bytes) -> Envelope:
    """What the envelope says; SignatureError unless it is whole and signed by the first of its certificates."""
    import cbor2

    tagged = _loaded(data)
    parts = tagged.value if isinstance(tagged, cbor2.CBORTag) and tagged.tag == _SIGN1 else None
    # Within a tag everything is made immutable, lists and maps too.
    if not isinstance(parts, tuple) or len(parts) != 4:
        raise SignatureError("the signature envelope is no COSE_Sign1")
    raw, loose, payload, signature = parts
    if not all(isinstance(part, bytes) for part in (raw, payload, signature)) or not isinstance(loose, Mapping):
        raise SignatureError("the signature envelope is no COSE_Sign1")
    protected = _loaded(raw)
    if not isinstance(protected, dict):
        raise SignatureError("the signature envelope has no protected header")
    chain = envelopes.certificates(loose.get(_CHAIN))
    algorithm = _ALGORITHMS.get(_as(int, protected.get(_ALGORITHM), "alg"), "")
    # RFC 9052, 4.4, without any additional data.
    algorithms.check(chain[0], algorithm, signature, cbor2.dumps(["Signature1", raw, b"", payload]))
    timestamp = _as(bytes, loose.get(envelopes.TIMESTAMP, b""), envelopes.TIMESTAMP)
    return _envelope(
        protected, payload=payload, chain=chain, algorithm=algorithm, signature=signature, timestamp=timestamp
    )


def _envelope(protected: Mapping[Any, Any], **parts: Any) -> Envelope:
    if protected.get(_CONTENT) != envelopes.PAYLOAD:
        raise SignatureError("payload content type not supported")
    scheme = protected.get(envelopes.SCHEME)
    times = {envelopes.X509: envelopes.SIGNING_TIME, envelopes.AUTHORITY: envelopes.AUTHENTIC_TIME}
    if scheme not in times:
        raise SignatureError("unsupported signingScheme")
    critical = _as(list, protected.get(_CRITICAL), "crit")
    extra = {key for key in protected if isinstance(key, str) and key not in _KNOWN}
    expires = envelopes.EXPIRY in protected
    envelopes.check_critical(critical, extra, scheme, expires=expires)
    return Envelope(
        scheme=cast("envelopes.Scheme", scheme),
        time=_time(protected, times[scheme]),
        expiry=_time(protected, envelopes.EXPIRY) if expires else None,
        **parts,
    )


def _time(protected: Mapping[Any, Any], label: str) -> datetime:
    """Seconds since 1970 with CBOR's tag 1: cbor2 makes a datetime of it, and of tag 0, which is not allowed here."""
    time: datetime = _as(datetime, protected.get(label), label)
    return time.astimezone(UTC)


def _as(kind: type[Any], value: object, label: str) -> Any:
    if not isinstance(value, kind):
        raise SignatureError(f'header "{label}" is missing, or not of its type')
    return value


def _loaded(data: bytes) -> Any:
    import cbor2

    try:
        return cbor2.loads(data, max_depth=_DEPTH, allow_duplicate_keys=False)
    except (cbor2.CBORError, ValueError, OverflowError, RecursionError):
        raise SignatureError("the signature envelope is not CBOR") from None
