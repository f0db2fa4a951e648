"""Keys for who is known to an LDAP server, as MinIO's token service lends them: AssumeRoleWithLDAPIdentity."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from sluice import sigv4, web
from sluice.buckets import documents, transfers
from sluice.buckets.errors import AnswerError, LoginError

_CREDENTIALS: Final = "AssumeRoleWithLDAPIdentityResult/Credentials/"
_FORM: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True, kw_only=True)
class LDAP:
    """Who wants keys, and whom to ask for them."""

    endpoint: str
    username: str
    password: str = field(repr=False)
    access: web.Access | None = None

    async def keys(self, asker: web.Web) -> tuple[sigv4.Keys, datetime]:
        """The keys, and when they expire. Raises LoginError, AnswerError and the WebError tree."""
        asked = {
            "Action": "AssumeRoleWithLDAPIdentity",
            "LDAPPassword": self.password,
            "LDAPUsername": self.username,
            "Version": "2011-06-15",
        }
        asking = asker.request(
            "POST",
            self.endpoint,
            access=self.access,
            headers={"Content-Type": _FORM},
            data=urlencode(asked).encode(),
            redirects=False,
        )
        async with asking as response:
            body = await transfers.said(response)
            if response.status != 200:
                raise LoginError(self._refusal(response.status, body))
        return _keys(documents.parse(body).texts)

    def _refusal(self, status: int, body: bytes) -> str:
        try:
            texts = documents.parse(body).texts
        except AnswerError:
            texts = {}
        said = " ".join((texts.get("Error/Message") or texts.get("Message") or "").split())
        if self.password and self.password in said:
            said = ""
        return said or f"the token service answered with status {status}"


def _keys(texts: dict[str, str]) -> tuple[sigv4.Keys, datetime]:
    try:
        found = sigv4.Keys(
            access_key=texts[f"{_CREDENTIALS}AccessKeyId"],
            secret_key=texts[f"{_CREDENTIALS}SecretAccessKey"],
            session_token=texts.get(f"{_CREDENTIALS}SessionToken", ""),
        )
        expires = datetime.fromisoformat(texts[f"{_CREDENTIALS}Expiration"])
    except (KeyError, ValueError):
        raise LoginError("the token service has given no credentials") from None
    if expires.tzinfo is None:
        raise LoginError("the token service has given credentials that expire at no known time")
    return found, expires
