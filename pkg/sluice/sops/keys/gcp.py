"""Google Cloud KMS. The only door to its SDK."""

from __future__ import annotations

from typing import Any, Final

from sluice.sops.errors import InvalidKey, KeyUnavailable
from sluice.sops.keys import credentials
from sluice.sops.lending import Lender
from sluice.sops.metadata import Entry

_KIND: Final = "gcp_kms"


def service(found: bytes | None, lender: Lender) -> GCP:
    """The keeper: with the service account of `sops.gcp-kms`, or else a borrowed one, or that of the process."""
    return GCP(credentials.mapping(found, "sops.gcp-kms") if found is not None else None, lender)


class GCP:
    """Asks Cloud KMS."""

    def __init__(self, account: dict[str, Any] | None, lender: Lender) -> None:
        """`account` is the key file of a service account.

        Other kinds of credentials are refused: they may name files and addresses, which would be the controller's.
        """
        if account is not None and account.get("type") != "service_account":
            raise InvalidKey("sops.gcp-kms is not the key of a service account")
        self._account = account
        self._lender = lender

    def decrypt(self, entry: Entry) -> bytes:
        """As KeyService."""
        kms, failures = _library()
        request = {"name": entry.name, "ciphertext": credentials.base64_of(entry.enc)}
        try:
            client = kms.KeyManagementServiceClient(credentials=self._credential())
            return bytes(client.decrypt(request=request, timeout=credentials.SECONDS, retry=None).plaintext)
        except ValueError:
            raise InvalidKey("sops.gcp-kms is not the key of a service account") from None
        except failures as error:
            raise KeyUnavailable(f"GCP KMS: {type(error).__name__}") from None

    def _credential(self) -> Any:
        """What the SDK is to ask with; None leaves it to find the identity of the process."""
        if self._account is not None:
            from google.oauth2 import service_account

            return service_account.Credentials.from_service_account_info(self._account)
        if not self._lender.offers(_KIND):
            return None
        from google.oauth2 import credentials as oauth2

        return oauth2.Credentials(token=self._lender.borrow(_KIND)["token"])


def _library() -> tuple[Any, tuple[type[Exception], ...]]:
    try:
        from google.api_core.exceptions import GoogleAPIError
        from google.auth.exceptions import GoogleAuthError
        from google.cloud import kms
    except ImportError:
        raise InvalidKey("GCP KMS needs the extra `gcp` of sluice") from None
    return kms, (GoogleAPIError, GoogleAuthError)
