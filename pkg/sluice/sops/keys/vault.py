"""The transit engine of HashiCorp Vault or OpenBao. The only door to hvac."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Final

from sluice.sops.errors import InvalidKey, KeyUnavailable
from sluice.sops.keys import credentials
from sluice.sops.lending import Lender
from sluice.sops.metadata import Entry

_KIND: Final = "hc_vault"


def service(found: bytes | None, lender: Lender) -> Vault:
    """The keeper: with the token of `sops.vault-token`, or else that of a login, or that of the process."""
    return Vault(found.decode("utf-8", "replace").strip() if found is not None else None, os.environ, lender)


class Vault:
    """Asks the Vault that a document names."""

    def __init__(self, token: str | None, environment: Mapping[str, str], lender: Lender) -> None:
        """Without a `token`, and where nothing is lent, that of VAULT_TOKEN is shown to the Vault at VAULT_ADDR alone.

        The address is in the document: whoever writes one could have the controller's own token sent anywhere.
        """
        self._token = token
        self._environment = environment
        self._lender = lender

    def decrypt(self, entry: Entry) -> bytes:
        """As KeyService."""
        hvac, failures = _library()
        address = str(entry.fields.get("vault_address") or "")
        lent = self._lender.borrow(_KIND, address) if self._token is None and self._lender.offers(_KIND) else None
        client = hvac.Client(
            url=address,
            # Not None, for which the library looks into files and variables.
            token="" if lent else self._token_for(address),
            timeout=credentials.SECONDS,
            namespace=self._environment.get("VAULT_NAMESPACE"),
            # A redirect would take the token elsewhere.
            allow_redirects=False,
        )
        try:
            if lent:
                client.auth.adapter.login(
                    f"/v1/{lent['path'].strip('/')}", json={"role": lent["role"], "jwt": lent["jwt"]}
                )
            answer = client.secrets.transit.decrypt_data(
                name=entry.name, ciphertext=entry.enc, mount_point=str(entry.fields.get("engine_path") or "transit")
            )
            return credentials.base64_of(answer["data"]["plaintext"])
        except failures as error:
            raise KeyUnavailable(f"Vault at {address}: {type(error).__name__}") from None

    def _token_for(self, address: str) -> str:
        if self._token is not None:
            return self._token
        trusted = self._environment.get("VAULT_ADDR", "").rstrip("/")
        if not trusted or address.rstrip("/") != trusted or "VAULT_TOKEN" not in self._environment:
            raise KeyUnavailable("there is no sops.vault-token, nor a VAULT_TOKEN for the Vault at this address")
        return self._environment["VAULT_TOKEN"]


def _library() -> tuple[Any, tuple[type[Exception], ...]]:
    try:
        import hvac
        from requests.exceptions import RequestException
    except ImportError:
        raise InvalidKey("Vault needs the extra `vault` of sluice") from None
    # An answer that is no answer of Vault is a text, or has no such fields.
    return hvac, (hvac.exceptions.VaultError, RequestException, KeyError, TypeError, ValueError)
