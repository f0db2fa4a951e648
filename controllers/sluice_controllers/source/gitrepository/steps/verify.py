"""Whose signatures a revision must carry. Reads their public keys only when there is something to verify."""

from __future__ import annotations

import dataclasses
from typing import Any

from sluice import kube, runtime
from sluice.git import verifying
from sluice.signatures.verifying import Keys
from sluice_api.source.v1 import GitRepository
from sluice_controllers.source import conditions
from sluice_controllers.source.gitrepository import failures, observations
from sluice_controllers.source.gitrepository.values import Noticed
from sluice_controllers.source.secrets import Secrets


class Verify:
    """Reads the keys that the spec names. Sets SourceVerified to False (VerificationError) when they cannot be read."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets

    async def __call__(self, ctx: runtime.Context[GitRepository], noticed: Noticed) -> Noticed:
        """Add what must be signed, and by whom."""
        source = noticed.request.source
        mode, wanted = observations.mode(source), source.spec.verify
        if mode is None or wanted is None:
            return noticed
        try:
            data = await self._secrets.read(ctx.namespace, wanted.secret_ref.name)
        except kube.KubeError as error:
            # The server has answered: it is the keys that there is to say something of.
            ctx.clear_condition(conditions.FETCH_FAILED)
            raise failures.verifying(error) from None
        return dataclasses.replace(noticed, demand=verifying.Demand(mode=mode, keys=Keys.of(data)))


async def forget(ctx: runtime.Context[GitRepository], source: GitRepository) -> GitRepository:
    """The first step: say nothing of signatures any more when none are asked for, nor of one that did not hold.

    Whether it does is found out anew; until then something else may fail, and be what there is to say.
    """
    found = ctx.find_condition(conditions.SOURCE_VERIFIED)
    if source.spec.verify is None:
        ctx.clear_condition(conditions.SOURCE_VERIFIED)
        ctx.status.pop("sourceVerificationMode", None)
    elif found is not None and found["status"] == "False":
        ctx.clear_condition(conditions.SOURCE_VERIFIED)
    return source


def record(ctx: runtime.Context[Any], demand: verifying.Demand, verified: str) -> None:
    """Say what was verified."""
    ctx.status["sourceVerificationMode"] = demand.mode
    ctx.condition(conditions.SOURCE_VERIFIED, "True", "Succeeded", verified)
    ctx.trace("Succeeded", verified)
