"""cosign's signatures by certificates of a Sigstore: its CA, its transparency log, its certificate log.

The one door to `sigstore`, which does all of it for bundles. cosign's older format has no proof that the log holds the
entry, only the log's promise; the library reads no such thing, so its parts are put together here. Nothing is fetched.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from sluice.signatures import publickeys
from sluice.signatures.cosign import claims, found, identities, promises
from sluice.signatures.cosign.found import Signature
from sluice.signatures.cosign.identities import Identity
from sluice.signatures.cosign.keyed import decoded
from sluice.signatures.errors import SignatureError, guarded

if TYPE_CHECKING:
    from sigstore.models import TrustedRoot
    from sigstore.verify import Verifier

_LONGEST = 300
"""Characters of a library's message: some print all that they were given."""


class Sigstore:
    """One Sigstore, as its `trusted_root.json` describes it, and the identities that are trusted there."""

    def __init__(self, root: bytes, wanted: Sequence[Identity]) -> None:
        """Raises SignatureError when the root cannot be read."""
        with _mapped("unable to parse trusted root"):
            self._root, self._verifier = _read(root)
        self._wanted = wanted

    def check_bundle(self, data: bytes, digest: str) -> None:
        """SignatureError unless the bundle proves that one of the identities signed the manifest with this digest."""
        from sigstore.models import Bundle

        if not self._wanted:
            # As in Flux, which asks for none in the older format alone.
            raise SignatureError("can't verify identities without providing at least one identity")
        with _mapped("the bundle cannot be verified"):
            kind, payload = self._verifier.verify_dsse(Bundle.from_json(data), _Policy(self._wanted))
        claims.check_statement(kind, payload, digest)

    def check_signature(self, signature: Signature, digest: str) -> None:
        """The same for cosign's older format."""
        certificate = _certificate(signature.annotations.get(found.CERTIFICATE, ""))
        made = decoded(signature.annotations.get(found.SIGNATURE, ""))
        promise = promises.read(signature.annotations.get(found.REKOR, ""))
        promises.check(promise, made, certificate, hashlib.sha256(signature.payload).hexdigest())
        with _mapped("the signature cannot be verified"):
            self._check_logged(promise)
            self._check_certificate(certificate, datetime.fromtimestamp(promise.payload.time, UTC))
            key = publickeys.accepted(certificate.public_key())
        identities.check(certificate, self._wanted)
        if not publickeys.is_by(key, made, signature.payload):
            raise SignatureError("invalid signature when validating: it is not by the certificate's key")
        claims.check_simple(signature.payload, digest)

    def _check_logged(self, promise: promises.Promise) -> None:
        from sigstore._internal.trust import KeyringPurpose
        from sigstore._utils import KeyID

        signed = json.dumps(promise.payload.model_dump(by_alias=True), sort_keys=True, separators=(",", ":"))
        keyring = self._root.rekor_keyring(KeyringPurpose.VERIFY)
        key = KeyID(bytes.fromhex(promise.payload.log))
        keyring.verify(key_id=key, signature=promise.signature, data=signed.encode())

    def _check_certificate(self, certificate: x509.Certificate, time: datetime) -> None:
        """Whether it was given out by the CA, told to the certificate log, for signing code, and good at that time."""
        from sigstore._internal.sct import verify_sct
        from sigstore._internal.timestamp import TimestampSource, TimestampVerificationResult
        from sigstore._internal.trust import KeyringPurpose

        told = TimestampVerificationResult(source=TimestampSource.TRANSPARENCY_SERVICE, time=time)
        chain = self._verifier._verify_chain_at_time(certificate, told)
        verify_sct(certificate, chain, self._root.ct_keyring(KeyringPurpose.VERIFY))
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
        purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        if not usage.digital_signature or ExtendedKeyUsageOID.CODE_SIGNING not in purposes:
            raise SignatureError("the certificate is not one for signing code")


class _Policy:
    """What `sigstore` asks about a certificate that is otherwise good."""

    def __init__(self, wanted: Sequence[Identity]) -> None:
        self._wanted = wanted

    def verify(self, cert: x509.Certificate) -> None:
        identities.check(cert, self._wanted)


def _read(root: bytes) -> tuple[TrustedRoot, Verifier]:
    from sigstore.models import TrustedRoot
    from sigstore.verify import Verifier
    from sigstore_models.trustroot import v1 as trustroot

    trusted = TrustedRoot(trustroot.TrustedRoot.from_json(root))
    return trusted, Verifier(trusted_root=trusted)


def _certificate(pem: str) -> x509.Certificate:
    if not pem:
        raise SignatureError("no certificate found on signature")
    try:
        return x509.load_pem_x509_certificate(pem.encode())
    except ValueError:
        raise SignatureError("the certificate of the signature cannot be read") from None


@contextmanager
def _mapped(doing: str) -> Iterator[None]:
    from sigstore.errors import Error

    with guarded(doing):
        try:
            yield
        except Error as error:
            raise SignatureError(_told(error)) from None


def _told(error: Any) -> str:
    return str(error).replace("\n", " ")[:_LONGEST]
