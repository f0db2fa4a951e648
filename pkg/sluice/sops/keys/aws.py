"""AWS KMS. The only door to boto3."""

from __future__ import annotations

import re
from typing import Any, Final

from sluice.sops.errors import InvalidKey, KeyUnavailable
from sluice.sops.keys import credentials
from sluice.sops.metadata import Entry

_ARN: Final = re.compile(r"arn:aws[\w-]*:kms:([\w-]+):[0-9]+:(?:key|alias)/.+")
_SESSION: Final = "sops@sluice"
_STATIC: Final = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")


def service(found: bytes | None) -> AWS:
    """The keeper: with the credentials of `sops.aws-kms`, or else those of the process."""
    given = credentials.mapping(found, "sops.aws-kms") if found is not None else {}
    return AWS({name: str(given[name]) for name in _STATIC if given.get(name)})


class AWS:
    """Asks the KMS of the region that an ARN names."""

    def __init__(self, static: dict[str, str]) -> None:
        """`static` are access key, secret key and session token, or nothing."""
        self._static = static

    def decrypt(self, entry: Entry) -> bytes:
        """As KeyService."""
        match = _ARN.fullmatch(entry.name)
        if match is None:
            raise KeyUnavailable("it is no ARN of a KMS key")
        boto3, config, failures = _library()
        context = entry.fields.get("context")
        asked: dict[str, Any] = {"CiphertextBlob": credentials.base64_of(entry.enc), "KeyId": entry.name}
        if isinstance(context, dict):
            asked["EncryptionContext"] = {str(key): str(value) for key, value in context.items()}
        try:
            keys = self._assumed(boto3, config, entry, match[1])
            client = boto3.client("kms", region_name=match[1], config=config, **keys)
            return bytes(client.decrypt(**asked)["Plaintext"])
        except failures as error:
            raise KeyUnavailable(f"AWS KMS: {_told(error)}") from None

    def _assumed(self, boto3: Any, config: Any, entry: Entry, region: str) -> dict[str, str]:
        """The credentials to ask with: those at hand, or of the role that the document names."""
        role = entry.fields.get("role")
        if not role:
            return self._static
        sts = boto3.client("sts", region_name=region, config=config, **self._static)
        taken = sts.assume_role(RoleArn=str(role), RoleSessionName=_SESSION)["Credentials"]
        return {
            "aws_access_key_id": taken["AccessKeyId"],
            "aws_secret_access_key": taken["SecretAccessKey"],
            "aws_session_token": taken["SessionToken"],
        }


def _told(error: Any) -> str:
    response = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code") or type(error).__name__)


def _library() -> tuple[Any, Any, tuple[type[Exception], ...]]:
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError:
        raise InvalidKey("AWS KMS needs the extra `aws` of sluice") from None
    config = Config(
        connect_timeout=credentials.SECONDS,
        read_timeout=credentials.SECONDS,
        retries={"max_attempts": credentials.RETRIES},
    )
    return boto3, config, (BotoCoreError, ClientError)
