"""A real S3 server on loopback: moto's, which checks signatures and policies when it is told to, with or without TLS.

async with S3Server() as store:
    await store.make("app")
    await store.put("app", "deploy/cm.yaml", b"a: 1")
    store.requests()
"""

import asyncio
import hashlib
import json
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Final, Self
from urllib.parse import quote, urlencode

import aiohttp
import yarl

from sluice import sigv4
from sluice.buckets import documents
from sluice.testing.git_tls import Authority
from sluice.testing.processes import Process, free_port

COMMAND: Final = "moto_server"
"""What a test needs: `pytest.mark.needs(COMMAND)`."""
_ADMIN: Final = sigv4.Keys(access_key="admin", secret_key="admin")  # noqa: S106 - nobody checks it


class S3Server:
    """An async context manager. With an `authority` it speaks TLS only."""

    def __init__(self, *, authority: Authority | None = None, region: str = "us-east-1") -> None:
        self._authority = authority
        self._region = region
        self._port = free_port()
        self._keys = _ADMIN

    async def __aenter__(self) -> Self:
        self._folder = TemporaryDirectory(prefix="sluice-s3-")
        root = Path(self._folder.name)
        command = [COMMAND, "--host", "127.0.0.1", "--port", str(self._port)]
        trust: ssl.SSLContext | bool = True
        if self._authority:
            pair = self._authority.issue("s3")
            (root / "tls.crt").write_bytes(pair.certificate)
            (root / "tls.key").write_bytes(pair.key)
            command += ["--ssl-cert", str(root / "tls.crt"), "--ssl-key", str(root / "tls.key")]
            trust = ssl.create_default_context(cadata=self._authority.certificate.decode())
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trust))
        self._process = Process("s3", command, log=root / "log", ready=self._is_ready)
        await self._process.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._process.__aexit__(kind, error, trace)
        await self._session.close()
        self._folder.cleanup()

    @property
    def host(self) -> str:
        """Host and port, as Buckets name it."""
        return f"127.0.0.1:{self._port}"

    @property
    def url(self) -> str:
        """The address of the server."""
        return f"{'https' if self._authority else 'http'}://{self.host}"

    async def make(self, bucket: str) -> None:
        """Make a bucket."""
        await self.send("PUT", f"/{bucket}")

    async def remove(self, bucket: str) -> None:
        """Remove a bucket, which must be empty."""
        await self.send("DELETE", f"/{bucket}")

    async def put(self, bucket: str, key: str, content: bytes, headers: Mapping[str, str] | None = None) -> None:
        """Write an object, which everybody may read as long as the server lets in strangers."""
        sent = {"x-amz-acl": "public-read", **(headers or {})}
        await self.send("PUT", f"/{bucket}/{quote(key, safe='/-_.~')}", content, sent)

    async def delete(self, bucket: str, key: str) -> None:
        """Remove an object."""
        await self.send("DELETE", f"/{bucket}/{quote(key, safe='/-_.~')}")

    async def close_to_strangers(self) -> sigv4.Keys:
        """From now on keys and signatures are checked; the keys of a user who may list and get. For good."""
        reader = await self._user("reader", "s3:GetObject", "s3:ListBucket")
        owner = await self._user("owner", "*")
        await self.send("POST", "/moto-api/reset-auth", b"0")
        self._keys = owner
        return reader

    async def _user(self, name: str, *actions: str) -> sigv4.Keys:
        await self._iam(Action="CreateUser", UserName=name)
        made = documents.parse(await self._iam(Action="CreateAccessKey", UserName=name)).texts
        statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        await self._iam(Action="PutUserPolicy", UserName=name, PolicyName="all", PolicyDocument=policy)
        place = "CreateAccessKeyResult/AccessKey/"
        return sigv4.Keys(access_key=made[f"{place}AccessKeyId"], secret_key=made[f"{place}SecretAccessKey"])

    async def _iam(self, **asked: str) -> bytes:
        body = urlencode({**asked, "Version": "2010-05-08"}).encode()
        return await self.send("POST", "/", body, {"Content-Type": "application/x-www-form-urlencoded"}, service="iam")

    def requests(self) -> list[str]:
        """What was asked so far, this class's own included, as `METHOD /path`: in the log before it is answered."""
        lines = self._process.log.read_text(errors="replace").splitlines()
        asked = (line.partition('] "')[2].rpartition(" HTTP/")[0] for line in lines)
        return [each for each in asked if each]

    async def send(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        *,
        service: str = "s3",
    ) -> bytes:
        """Ask as the server's owner."""
        url = f"{self.url}{path}"
        signer = sigv4.Signer(keys=self._keys, region=self._region, service=service, now=datetime.now(UTC))
        sent = signer.headers(method, url, headers or {}, body)
        async with self._session.request(method, yarl.URL(url, encoded=True), data=body, headers=sent) as answer:
            text = await answer.read()
            if answer.status >= 300:
                raise RuntimeError(f"{method} {path}: {answer.status} {text[:500]!r}")
            return text

    async def _is_ready(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            return False
        writer.close()
        return True


def etag_of(content: bytes) -> str:
    """The etag of an object that was written in one piece."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
