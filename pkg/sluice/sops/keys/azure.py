"""Azure Key Vault. The only door to its SDK."""

from __future__ import annotations

from typing import Any, Final

from sluice.sops.errors import InvalidKey, KeyUnavailable
from sluice.sops.keys import credentials
from sluice.sops.lending import Lender
from sluice.sops.metadata import Entry

_KIND: Final = "azure_kv"


def service(found: bytes | None, lender: Lender) -> Azure:
    """The keeper: with the credentials of `sops.azure-kv`, or else borrowed ones, or those of the process."""
    return Azure(credentials.mapping(found, "sops.azure-kv") if found is not None else None, lender)


class Azure:
    """Asks the Key Vault that a document names; the SDK gives its token to addresses of Azure only."""

    def __init__(self, given: dict[str, Any] | None, lender: Lender) -> None:
        """`given` names a tenant and a client as Flux does, or as `az ad sp create-for-rbac` does."""
        self._given = given
        self._lender = lender

    def decrypt(self, entry: Entry) -> bytes:
        """As KeyService."""
        identity, crypto, failures = _library()
        version = entry.fields.get("version") or ""
        address = f"{str(entry.fields.get('vault_url') or '').rstrip('/')}/keys/{entry.name}/{version}".rstrip("/")
        try:
            client = crypto.CryptographyClient(
                address,
                self._credential(identity),
                connection_timeout=credentials.SECONDS,
                read_timeout=credentials.SECONDS,
                retry_total=credentials.RETRIES,
            )
            closed = credentials.base64_of(entry.enc, for_urls=True)
            return bytes(client.decrypt(crypto.EncryptionAlgorithm.rsa_oaep_256, closed).plaintext)
        except ValueError:
            raise KeyUnavailable("Azure Key Vault: the address or the credentials are malformed") from None
        except failures as error:
            raise KeyUnavailable(f"Azure Key Vault: {type(error).__name__}") from None

    def _credential(self, identity: Any) -> Any:
        """A credential of the first kind that all is there for."""
        if self._given is None:
            return Borrowed(self._lender) if self._lender.offers(_KIND) else identity.DefaultAzureCredential()
        given = self._given
        options = {"authority": str(given["authorityHost"])} if given.get("authorityHost") else {}
        tenant, client = given.get("tenantId") or given.get("tenant"), given.get("clientId") or given.get("appId")
        secret = given.get("clientSecret") or given.get("password")
        if tenant and client and secret:
            return identity.ClientSecretCredential(str(tenant), str(client), str(secret), **options)
        if tenant and client and given.get("clientCertificate"):
            return identity.CertificateCredential(
                str(tenant),
                str(client),
                certificate_data=str(given["clientCertificate"]).encode(),
                password=given.get("clientCertificatePassword"),
                send_certificate_chain=bool(given.get("clientCertificateSendChain")),
                **options,
            )
        if client and not tenant:
            return identity.ManagedIdentityCredential(client_id=str(client))
        raise InvalidKey("sops.azure-kv names no complete set of tenant, client and secret or certificate")


class Borrowed:
    """A credential as the SDK wants one, whose tokens are borrowed."""

    def __init__(self, lender: Lender) -> None:
        self._lender = lender

    def get_token(self, *scopes: str, **_: Any) -> Any:
        """The token for a scope, as the SDK has it."""
        from azure.core.credentials import AccessToken

        lent = self._lender.borrow(_KIND, scopes[0])
        return AccessToken(lent["token"], int(lent["expires"]))


def _library() -> tuple[Any, Any, tuple[type[Exception], ...]]:
    try:
        from azure import identity
        from azure.core.exceptions import AzureError
        from azure.keyvault.keys import crypto
    except ImportError:
        raise InvalidKey("Azure Key Vault needs the extra `azure` of sluice") from None
    return identity, crypto, (AzureError,)
