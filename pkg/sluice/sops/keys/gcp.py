"""Google Cloud KMS. The only door to its SDK."""

from __future__ import annotations

from typing import Any

from sluice.sops.errors import InvalidKey, KeyUnavailable
from sluice.sops.keys import credentials
from sluice.sops.metadata import Entry


def service(found: bytes | None) -> GCP:
    """The keeper: with the service account of `sops.gcp-kms`, or else that of the process."""
    return GCP(credentials.mapping(found, "sops.gcp-kms") if found is not None else None)


class GCP:
    """Asks Cloud KMS."""

    def __init__(self, account: dict[str, Any] | None) -> None:
        """`account` is the key file of a service account.

        Other kinds of credentials are refused: they may name files and addresses, which would be the controller's.
        """
        if account is not None and account.get("type") != "service_account":
            raise InvalidKey("sops.gcp-kms is not the key of a service account")
        self._account = account

    def decrypt(self, entry: Entry) -> bytes:
        """As KeyService."""
        kms, service_account, failures = _library()
        request = {"name": entry.name, "ciphertext": credentials.base64_of(entry.enc)}
        try:
            if self._account is None:
                client = kms.KeyManagementServiceClient()
            else:
                found = service_account.Credentials.from_service_account_info(self._account)
                client = kms.KeyManagementServiceClient(credentials=found)
            return bytes(client.decrypt(request=request, timeout=credentials.SECONDS, retry=None).plaintext)
        except ValueError:
            raise InvalidKey("sops.gcp-kms is not the key of a service account") from None
        except failures as error:
            raise KeyUnavailable(f"GCP KMS: {type(error).__name__}") from None


def _library() -> tuple[Any, Any, tuple[type[Exception], ...]]:
    try:
        from google.api_core.exceptions import GoogleAPIError
        from google.auth.exceptions import GoogleAuthError
        from google.cloud import kms
        from google.oauth2 import service_account
    except ImportError:
        raise InvalidKey("GCP KMS needs the extra `gcp` of sluice") from None
    return kms, service_account, (GoogleAPIError, GoogleAuthError)
