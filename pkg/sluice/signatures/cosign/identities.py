"""Who signed, by the certificate that a Sigstore's CA gave out for a login, and whether that is who it must be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from cryptography import x509

from sluice import regexes
from sluice.signatures.errors import SignatureError

_ISSUER_V1 = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.1")
_ISSUER_V2 = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.8")
_USER_NAME = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.7")
_UTF8 = 0x0C


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Two patterns, both to be found somewhere in what the certificate says. An empty one always is."""

    issuer: str
    subject: str


def check(certificate: x509.Certificate, wanted: Sequence[Identity]) -> None:
    """SignatureError if the certificate is for none of those wanted. Anybody will do if nobody is named."""
    issuer, subjects = _issuer(certificate), _subjects(certificate)
    if not wanted or any(_matches(each, issuer, subjects) for each in wanted):
        return
    told = f"got subjects [{', '.join(subjects)[:500]}] with issuer {issuer[:200]}"
    raise SignatureError(f"none of the expected identities matched what was in the certificate, {told}")


def _matches(wanted: Identity, issuer: str, subjects: Sequence[str]) -> bool:
    return _found(wanted.issuer, issuer, "issuer") and any(_found(wanted.subject, s, "subject") for s in subjects)


def _found(pattern: str, text: str, what: str) -> bool:
    try:
        return regexes.searching(pattern)(text)
    except regexes.InvalidPattern as error:
        raise SignatureError(f"malformed {what} in identity: {pattern} : {error}") from None


def _issuer(certificate: x509.Certificate) -> str:
    """The newer extension before the older one, which is text without any encoding."""
    newer, older = (_raw(certificate, oid) for oid in (_ISSUER_V2, _ISSUER_V1))
    return _utf8(newer) if newer is not None else (older or b"").decode(errors="replace")


def _raw(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> bytes | None:
    try:
        extension = certificate.extensions.get_extension_for_oid(oid).value
    except x509.ExtensionNotFound:
        return None
    return cast("x509.UnrecognizedExtension", extension).value


def _subjects(certificate: x509.Certificate) -> list[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [text for name in names if (text := _text(name)) is not None]


def _text(name: x509.GeneralName) -> str | None:
    if isinstance(name, x509.OtherName):
        # What Fulcio calls a user name: one that is neither an address nor a URI.
        return _utf8(name.value) if name.type_id == _USER_NAME else None
    value: Any = name.value
    return str(value) if isinstance(name, (x509.RFC822Name, x509.UniformResourceIdentifier, x509.DNSName)) else None


def _utf8(der: bytes) -> str:
    """The text of a UTF8String in DER; SignatureError if it is none."""
    if len(der) < 2 or der[0] != _UTF8:
        raise SignatureError("the certificate has an identity that cannot be read")
    length, start = der[1], 2
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(der[2:start])
    if len(der) != start + length:
        raise SignatureError("the certificate has an identity that cannot be read")
    return der[start:].decode(errors="replace")
