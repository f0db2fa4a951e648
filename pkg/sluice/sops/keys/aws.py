"""AWS KMS, by its documented HTTP API: the SDK cannot be installed beside the Kubernetes client (docs/decisions)."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

from sluice import sigv4
from sluice.sops.errors import KeyUnavailable
from sluice.sops.keys import credentials, posting
from sluice.sops.lending import Lender
from sluice.sops.metadata import Entry

_KIND: Final = "kms"
_ARN: Final = re.compile(r"arn:aws[\w-]*:kms:([a-z0-9-]+):[0-9]+:(?:key|alias)/.+")
_SESSION: Final = "sops@sluice"
_STATIC: Final = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
_ASSUMED: Final = re.compile(r"<(AccessKeyId|SecretAccessKey|SessionToken)>([^<]+)</")
_CODE: Final = re.compile(r"<Code>([A-Za-z]+)</Code>")


def service(found: bytes | None, lender: Lender) -> AWS:
    """The keeper: with the credentials of `sops.aws-kms`, or else with borrowed ones."""
    given = credentials.mapping(found, "sops.aws-kms") if found is not None else {}
    return AWS({name: str(given[name]) for name in _STATIC if given.get(name)}, lender, os.environ)


class AWS:
    """Asks the KMS of the region that an ARN names."""

    def __init__(self, static: Mapping[str, str], lender: Lender, environment: Mapping[str, str]) -> None:
        """`static` are access key, secret key and session token, or nothing; `environment` may name endpoints."""
        self._static = static
        self._lender = lender
        self._environment = environment

    def decrypt(self, entry: Entry) -> bytes:
        """As KeyService."""
        match = _ARN.fullmatch(entry.name)
        if match is None:
            raise KeyUnavailable("it is no ARN of a KMS key")
        credentials.base64_of(entry.enc)
        asked: dict[str, Any] = {"CiphertextBlob": entry.enc, "KeyId": entry.name}
        context = entry.fields.get("context")
        if isinstance(context, dict):
            asked["EncryptionContext"] = {str(key): str(value) for key, value in context.items()}
        keys = self._assumed(self._keys(match[1]), entry, match[1])
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "TrentService.Decrypt"}
        status, body = self._sent("kms", match[1], keys, headers, json.dumps(asked).encode())
        try:
            found = json.loads(body)
            if status == 200:
                return credentials.base64_of(found["Plaintext"])
            told = str(found["__type"]).rpartition("#")[2]
        except (ValueError, KeyError, TypeError):
            told = str(status)
        raise KeyUnavailable(f"AWS KMS: {told}")

    def _keys(self, region: str) -> Mapping[str, str]:
        return self._static or self._lender.borrow(_KIND, region)

    def _assumed(self, keys: Mapping[str, str], entry: Entry, region: str) -> Mapping[str, str]:
        """The keys to ask with: those at hand, or of the role that the document names."""
        role = entry.fields.get("role")
        if not role:
            return keys
        asked = {
            "Action": "AssumeRole",
            "Version": "2011-06-15",
            "RoleArn": str(role),
            "RoleSessionName": _SESSION,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        status, body = self._sent("sts", region, keys, headers, urlencode(asked).encode())
        text = body.decode("utf-8", "replace")
        found = dict(_ASSUMED.findall(text))
        if status != 200 or len(found) != len(_STATIC):
            code = _CODE.search(text)
            raise KeyUnavailable(f"AWS STS: {code[1] if code else status}")
        return dict(zip(_STATIC, (found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"]), strict=True))

    def _sent(
        self, service: str, region: str, keys: Mapping[str, str], headers: Mapping[str, str], body: bytes
    ) -> tuple[int, bytes]:
        access, secret, token = (keys.get(name, "") for name in _STATIC)
        signer = sigv4.Signer(
            keys=sigv4.Keys(access_key=access, secret_key=secret, session_token=token),
            region=region,
            service=service,
            now=datetime.now(UTC),
        )
        url = f"{sigv4.endpoint(service, region, self._environment)}/"
        return posting.post(url, signer.headers("POST", url, headers, body), body)
