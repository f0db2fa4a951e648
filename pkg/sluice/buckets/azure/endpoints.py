"""Where containers are: the address of an account, which may carry a shared access signature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import parse_qsl, quote, urlsplit

from sluice.buckets import transfers
from sluice.buckets.errors import EndpointError


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """The address of an account."""

    base: str
    """Without a slash at the end, and without a query."""
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What every request carries: a shared access signature is a login."""

    @classmethod
    def parse(cls, text: str, *, signature: str = "") -> Self:
        """Read an address; what `signature` (a SAS) says wins over the address's own query. Raises EndpointError."""
        try:
            parts = urlsplit(text)
            valid = parts.scheme in ("http", "https") and parts.hostname and parts.username is None
            own, given = _query(parts.query), _query(signature.removeprefix("?"))
        except ValueError:
            raise EndpointError("unable to parse the endpoint or the SAS token") from None
        if not valid:
            raise EndpointError("the endpoint is not the address of a storage account")
        path = quote(parts.path.rstrip("/"), safe="/-_.~%")
        return cls(base=f"{parts.scheme}://{parts.netloc}{path}", query={**own, **given})

    @property
    def secure(self) -> bool:
        """Whether it is spoken to over TLS."""
        return self.base.startswith("https://")

    @property
    def account(self) -> str:
        """The name of the account, which is the first label of the host's. Raises EndpointError."""
        host = urlsplit(self.base).hostname or ""
        labels = host.split(".")
        if len(labels) <= 2:
            raise EndpointError(f"failed to extract account name from endpoint: expected '{host}' to be a subdomain")
        return labels[0]

    def url(self, container: str, blob: str = "", asked: Mapping[str, str] | None = None) -> str:
        """The address of a container, or of a blob in it."""
        path = quote(container, safe="-_.~$") + (f"/{quote(blob, safe='/-_.~')}" if blob else "")
        query = transfers.query_of({**self.query, **(asked or {})})
        return f"{self.base}/{path}" + (f"?{query}" if query else "")


def _query(text: str) -> dict[str, str]:
    return dict(parse_qsl(text, keep_blank_values=True, strict_parsing=True)) if text else {}
