"""The keys that `spec.decryption` names."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

from sluice import kube, runtime, sops
from sluice_controllers.kustomize.configs import ConfigRef, Configs
from sluice_controllers.kustomize.decrypting import Decryption
from sluice_controllers.kustomize.values import Run

_NO_KEYS: Final = sops.Keys()


class Unlocking:
    """Gathers keys. The decryption itself is part of the build."""

    def __init__(self, configs: Configs, *, age_secret: ConfigRef | None) -> None:
        """`age_secret` holds age keys for those that name no Secret of their own."""
        self._configs = configs
        self._age_secret = age_secret

    async def gather(self, ctx: runtime.Context[Any], run: Run) -> Run:
        """Add the keys, and be woken when they change where they are watched. A Secret that is missing fails the build.

        Without any Secret there are no keys, which leaves those that key services open for the controller itself.
        """
        if run.spec.decryption is None:
            return run
        ref, age_only = self._secret(run)
        if ref is None:
            return dataclasses.replace(run, decryption=Decryption(keys=_NO_KEYS))
        ctx.subscribe(ref.token)
        called = f"sops {'age ' if age_only else ''}decryption Secret '{ref.namespace}/{ref.name}'"
        try:
            keys = sops.Keys(data=await self._configs.data(ref), source=called)
        except kube.NotFound as error:
            return dataclasses.replace(run, decryption=Decryption(keys=_NO_KEYS, missing=str(error)))
        except kube.KubeError as error:
            missing = f"cannot get {called}: {error}"
            return dataclasses.replace(run, decryption=Decryption(keys=_NO_KEYS, missing=missing))
        return dataclasses.replace(run, decryption=Decryption(keys=keys.only(sops.AGE) if age_only else keys))

    def _secret(self, run: Run) -> tuple[ConfigRef | None, bool]:
        """The Secret to read, and whether nothing but its age keys count."""
        assert run.spec.decryption is not None
        named = run.spec.decryption.secret_ref
        if named is None:
            return self._age_secret, True
        return ConfigRef(kind="Secret", namespace=run.obj.metadata.namespace, name=named.name), False
