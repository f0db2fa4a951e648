"""Where the bucket is and how to log in there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from sluice import artifact, auth, kube, runtime
from sluice.buckets.errors import BucketError
from sluice_api import meta
from sluice_api.meta import LocalObjectReference, names
from sluice_api.source.v1 import Bucket
from sluice_controllers.source import conditions, failures
from sluice_controllers.source.bucket import logins
from sluice_controllers.source.bucket.failures import INVALID_STS
from sluice_controllers.source.bucket.logins import Held
from sluice_controllers.source.bucket.stores import Stores
from sluice_controllers.source.bucket.values import Request
from sluice_controllers.source.secrets import Secrets

_OBJECTS: Final = ".objects"
"""In the directory of the artifacts: it goes with them, and nothing with a dot before its name is served."""


def objects_of(storage: artifact.Storage, ctx: runtime.Context[Any]) -> Path:
    """Where the objects of a Bucket are kept."""
    return storage.locate("/".join(("bucket", ctx.namespace, ctx.name, _OBJECTS)))


class AccessStep:
    """Reads the Secrets that the spec names, and opens the bucket.

    Sets FetchFailed (AuthenticationFailed; stalls: FeatureGateDisabled, InvalidSTSConfiguration, URLInvalid).
    """

    def __init__(self, secrets: Secrets, stores: Stores, storage: artifact.Storage, *, enabled: bool) -> None:
        """`enabled`: whether ServiceAccounts may be somebody in a cloud."""
        self._secrets = secrets
        self._stores = stores
        self._storage = storage
        self._enabled = enabled

    async def __call__(self, ctx: runtime.Context[Bucket], source: Bucket) -> Request:
        """Open the bucket; an OutcomeError says why it cannot be."""
        spec = source.spec
        self._refuse_account(source)
        held = await self._held(ctx.namespace, source)
        _check(source, held)
        try:
            bucket = await self._stores.open(ctx.namespace, source, held)
        except BucketError as error:
            raise _refused(str(error)) from None
        return Request(
            source=source,
            bucket=bucket,
            identity="\0".join((ctx.uid, spec.provider, spec.endpoint, spec.bucket_name)),
            directory=objects_of(self._storage, ctx),
            known=ctx.status["artifact"]["revision"] if "artifact" in ctx.status else "",
            seconds=meta.parse_duration(spec.timeout),
        )

    def _refuse_account(self, source: Bucket) -> None:
        if source.spec.provider != "generic" and source.spec.service_account_name and not self._enabled:
            raise failures.refused(
                names.FEATURE_GATE_DISABLED,
                f"to use spec.serviceAccountName for provider authentication please enable the {auth.GATE} "
                "feature gate in the controller",
            )

    async def _held(self, namespace: str, source: Bucket) -> Held:
        spec, sts = source.spec, source.spec.sts
        return Held(
            login=await self._data(namespace, spec.secret_ref, "secret"),
            sts=await self._data(namespace, sts.secret_ref if sts else None, "STS secret"),
            proxy=await self._described(namespace, spec.proxy_secret_ref, "proxy URL", self._secrets.proxy),
            tls=await self._described(namespace, spec.cert_secret_ref, "TLS config", self._secrets.tls),
            sts_tls=await self._described(
                namespace, sts.cert_secret_ref if sts else None, "STS TLS config", self._secrets.tls
            ),
        )

    async def _data(
        self, namespace: str, reference: LocalObjectReference | None, what: str
    ) -> Mapping[str, bytes] | None:
        if reference is None:
            return None
        try:
            return await self._secrets.read(namespace, reference.name)
        except kube.KubeError as error:
            raise _refused(f"failed to get {what} '{namespace}/{reference.name}': {error}") from None

    async def _described(self, namespace: str, reference: LocalObjectReference | None, what: str, read: Any) -> Any:
        if reference is None:
            return None
        try:
            return await read(namespace, reference.name)
        except (kube.KubeError, ValueError) as error:
            raise _refused(f"failed to get {what}: {error}") from None


def _check(source: Bucket, held: Held) -> None:
    """What Flux says of Secrets before it uses them."""
    spec = source.spec
    name = spec.secret_ref.name if spec.secret_ref else ""
    checks = {"gcp": logins.check_gcp, "azure": logins.check_azure}
    try:
        checks.get(spec.provider, logins.check_s3)(held.login, name)
        if spec.sts is not None and spec.provider in ("generic", "aws"):
            logins.check_sts(source, spec.sts, held.sts)
    except logins.UnsupportedSTSError as error:
        raise failures.refused(INVALID_STS, str(error)) from None
    except ValueError as error:
        raise _refused(str(error)) from None


def _refused(text: str) -> runtime.Transient:
    return runtime.Transient(failures.AUTHENTICATION_FAILED, text, condition=conditions.FETCH_FAILED)
