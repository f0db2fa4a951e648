"""Is what a registry holds signed by whom an object trusts?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar, TypeVarTuple

from sluice import aio, oci, web
from sluice.aio import clocks
from sluice.signatures.cosign import verifying as cosign
from sluice.signatures.cosign.verifying import Keyed, Keyless
from sluice.signatures.errors import SignatureError
from sluice.signatures.notation import verifying as notation
from sluice.signatures.notation.envelopes import Target
from sluice_api.source.v1 import HelmChartVerification
from sluice_controllers.source.secrets import Secrets
from sluice_controllers.source.verification import collecting, publicgood
from sluice_controllers.source.verification.publicgood import PublicSigstore
from sluice_controllers.source.verification.trusts import Trusts

VERIFICATION_ERROR: Final = "VerificationError"
"""Flux's reason of whatever is not verified."""

_FAULTS: Final = (oci.OCIError, web.WebError, SignatureError)
_TOLD: Final = 5
"""How many of the reasons are told."""

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class UnverifiedError(Exception):
    """Nothing proves that it is signed by whom the object trusts; in Flux's words, with the cause."""


def named(wanted: HelmChartVerification) -> str:
    """How Flux calls the provider in messages."""
    return "cosign keyless" if wanted.provider == "cosign" and wanted.secret_ref is None else wanted.provider


class Signatures:
    """One for the process. Reads trust anew each time; what was found out is remembered by the objects' statuses."""

    def __init__(self, trusts: Trusts, workers: aio.WorkerPool, now: Callable[[], datetime]) -> None:
        self._trusts = trusts
        self._workers = workers
        self._now = now

    async def check(
        self, namespace: str, wanted: HelmChartVerification, remote: oci.Remote, digest: str, *, deadline: float
    ) -> bool:
        """Whether the manifest with this digest is signed as wanted; False if a trust policy lets it pass as it is.

        `deadline` is on the event loop's clock. Raises TrustError before anything is asked of the registry, and
        UnverifiedError.
        """
        shown = f"{remote.repository}@{digest}"
        try:
            async with asyncio.timeout_at(deadline):
                if wanted.provider == "notation":
                    trust = await self._trusts.notation(namespace, wanted, shown)
                    return await self._by_notation(trust, remote, digest, deadline)
                await self._by_cosign(await self._trusts.cosign(namespace, wanted), remote, digest, deadline)
        except TimeoutError:
            raise UnverifiedError(str(web.DeadlineError())) from None
        return True

    async def _by_cosign(self, trust: Keyed | Keyless, remote: oci.Remote, digest: str, deadline: float) -> None:
        """The newer format before the older one. What cannot be had or is not good keeps no other from its turn."""
        faults: list[str] = []
        try:
            if await self._has_bundle(trust, remote, digest, deadline, faults):
                return
        except _FAULTS as error:
            faults.append(str(error))
        try:
            found = await collecting.signatures(remote, digest)
            await self._judge(deadline, cosign.signatures, found, digest, trust)
        except _FAULTS as error:
            told = _told([*faults, str(error)], trust, f"{remote.repository}@{digest}")
            raise UnverifiedError(told) from None

    async def _has_bundle(
        self, trust: Keyed | Keyless, remote: oci.Remote, digest: str, deadline: float, faults: list[str]
    ) -> bool:
        for each in await collecting.bundles(remote, digest):
            try:
                if (bundle := await collecting.bundle(remote, each)) is not None:
                    await self._judge(deadline, cosign.bundles, [bundle], digest, trust)
                    return True
            except _FAULTS as error:
                faults.append(str(error))
        return False

    async def _by_notation(self, trust: notation.Trust, remote: oci.Remote, digest: str, deadline: float) -> bool:
        repository = str(remote.repository)
        faults: list[str] = []
        try:
            if await self._judge(deadline, trust.is_skipped, repository):
                return False
            found, unread = await self._envelopes(remote, digest)
            faults += unread
            if not found and not faults:
                text = f'no signature is associated with "{repository}@{digest}", make sure the artifact was signed'
                raise UnverifiedError(f"{text} successfully")
            target = await self._target(remote, digest)
            return await self._judge(deadline, _by_notation, found, repository, target, trust, self._now())
        except _FAULTS as error:
            raise UnverifiedError("\n".join([str(error), *faults])) from None

    async def _envelopes(self, remote: oci.Remote, digest: str) -> tuple[list[notation.Found], list[str]]:
        """Those that can be had, and why others cannot."""
        found: list[notation.Found] = []
        faults: list[str] = []
        for each in await collecting.envelopes(remote, digest):
            try:
                found.append(await collecting.envelope(remote, each))
            except _FAULTS as error:
                faults.append(str(error))
        return found, faults

    async def _target(self, remote: oci.Remote, digest: str) -> Target:
        manifest = await remote.manifest(digest)
        return Target(media_type=manifest.media_type, digest=manifest.digest, size=len(manifest.raw))

    async def _judge(self, deadline: float, function: Callable[[*Ts], T], *arguments: *Ts) -> T:
        """In a worker: what is judged was written by strangers."""
        seconds = max(0.1, deadline - asyncio.get_running_loop().time())
        try:
            return await self._workers.run(function, *arguments, timeout=seconds)
        except aio.WorkerTimeout:
            raise TimeoutError from None
        except aio.WorkerError as error:
            raise UnverifiedError(f"signatures cannot be read: {error}") from None


def _told(faults: list[str], trust: Keyed | Keyless, shown: str) -> str:
    # That there is none in one of the formats says nothing where there is one in the other.
    several = list(dict.fromkeys(fault for fault in faults if fault != cosign.NONE))
    told = "\n".join(several[:_TOLD]) or cosign.NONE
    return f"no matching signatures were found for '{shown}': {told}" if isinstance(trust, Keyed) else told


def connect(secrets: Secrets, workers: aio.WorkerPool, clock: clocks.Clock, folder: Path) -> Signatures:
    """Signatures of the process; in `folder` is kept what is known of the public Sigstore."""
    sigstore = PublicSigstore(publicgood.fetching(workers, folder), clock)
    return Signatures(Trusts(secrets, sigstore), workers, clock.now)


def _by_notation(
    found: list[notation.Found], repository: str, target: Target, trust: notation.Trust, now: datetime
) -> bool:
    return notation.verify(found, repository, target, trust, now=now) == "verified"
