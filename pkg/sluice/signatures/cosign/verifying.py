"""All that a registry holds for one manifest against what one trusts: one good signature is enough. Runs in workers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from sluice.signatures.cosign.found import Signature
from sluice.signatures.cosign.identities import Identity
from sluice.signatures.cosign.keyed import Keys
from sluice.signatures.errors import SignatureError, guarded

if TYPE_CHECKING:
    from sluice.signatures.cosign.keyless import Sigstore

NONE = "no signatures found"
_TOLD = 5
"""How many of the reasons why nothing was found are told."""

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Keyed:
    """Trust in public keys."""

    pems: tuple[bytes, ...]

    def checker(self) -> Keys:
        """Raises SignatureError when none of the keys can be read."""
        return Keys(self.pems)


@dataclass(frozen=True, kw_only=True)
class Keyless:
    """Trust in identities that a Sigstore vouches for."""

    root: bytes
    """Its `trusted_root.json`."""
    identities: tuple[Identity, ...] = ()
    """Any of them. Without one, anybody whom the Sigstore knows will do in the older format, and nobody in bundles."""

    def checker(self) -> Sigstore:
        """Raises SignatureError when the root cannot be read."""
        from sluice.signatures.cosign.keyless import Sigstore

        return Sigstore(self.root, self.identities)


Trust = Keyed | Keyless


def bundles(found: Sequence[bytes], digest: str, trust: Trust) -> None:
    """SignatureError unless one of the Sigstore bundles is a good one for the manifest with this digest."""
    checker = trust.checker()
    _any(found, lambda bundle: checker.check_bundle(bundle, digest))


def signatures(found: Sequence[Signature], digest: str, trust: Trust) -> None:
    """The same for signatures in cosign's older format."""
    checker = trust.checker()
    _any(found, lambda signature: checker.check_signature(signature, digest))


def _any(found: Iterable[T], check: Callable[[T], None]) -> None:
    faults: list[str] = []
    for each in found:
        try:
            with guarded():
                return check(each)
        except SignatureError as error:
            faults.append(str(error))
    if not faults:
        raise SignatureError(NONE)
    told = list(dict.fromkeys(faults))
    raise SignatureError("no matching signatures: " + "\n ".join(told[:_TOLD]))
