"""The variables that `spec.postBuild` puts into the built manifests."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from sluice import kube, runtime
from sluice.appliers.configs import ConfigRef, Configs
from sluice_api.kustomize import v1 as kustomizev1
from sluice_controllers.kustomize import builds
from sluice_controllers.kustomize.values import Run


class Substituting:
    """Gathers variables. The substitution itself is part of the build."""

    def __init__(self, configs: Configs, *, strict: bool) -> None:
        self._configs = configs
        self._strict = strict

    async def gather(self, ctx: runtime.Context[Any], run: Run) -> Run:
        """Add the variables, each reference read once. One that is missing fails the build, which names the object."""
        post_build = run.spec.post_build
        if post_build is None:
            return run
        substitution = builds.Substitution(
            strict=self._strict, always=post_build.substitute_strategy == "Always", variables={}
        )
        variables: dict[str, str] = {}
        for reference in post_build.substitute_from or ():
            ref = ConfigRef(kind=reference.kind, namespace=run.obj.metadata.namespace, name=reference.name)
            ctx.subscribe(ref.token)
            try:
                variables |= _texts(await self._configs.data(ref))
            except kube.KubeError as error:
                if reference.optional and isinstance(error, kube.NotFound):
                    continue
                missing = f"substitute from '{ref.kind}/{ref.name}' error: {error}"
                return dataclasses.replace(run, substitution=dataclasses.replace(substitution, missing=missing))
        variables |= _inline(post_build)
        return dataclasses.replace(run, substitution=dataclasses.replace(substitution, variables=variables))


def _texts(data: Mapping[str, bytes]) -> dict[str, str]:
    # What is not UTF-8 is told when it is put somewhere.
    return {key: value.decode("utf-8", "surrogateescape").replace("\n", "") for key, value in data.items()}


def _inline(post_build: kustomizev1.PostBuild) -> dict[str, str]:
    return {key: value.replace("\n", "") for key, value in (post_build.substitute or {}).items()}
