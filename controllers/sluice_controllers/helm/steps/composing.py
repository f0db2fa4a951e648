"""The values of the release: out of ConfigMaps and Secrets, and the spec's own."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from typing import Any, Final

import orjson

from sluice import aio, helm, kube, runtime
from sluice.appliers.configs import ConfigRef, Configs
from sluice.helm.releases.values import Given
from sluice_api.helm.v2 import ValuesReference
from sluice_controllers.helm import composing, wording
from sluice_controllers.helm.values import Run

_KEY: Final = "values.yaml"
_SECONDS: Final = 30.0
_COMPOSED: Final = "values"

Data = Mapping[str, bytes] | None
"""Of a ConfigMap or a Secret; None of one that is missing."""


class Composing:
    """Composes values, once for the same texts."""

    def __init__(self, configs: Configs, pool: aio.WorkerPool) -> None:
        """`pool`: where texts are read."""
        self._configs = configs
        self._pool = pool

    async def compose(self, ctx: runtime.Context[Any], run: Run) -> Run:
        """Add the values and their digest. Each object that is referred to is read once; changes of it wake the run."""
        inline = run.spec.values if isinstance(run.spec.values, dict) else {}
        try:
            given = await self._given(ctx, run)
            found = await self._composed(ctx, given, inline)
        except helm.ValuesError as error:
            raise runtime.Transient(wording.VALUES_ERROR, str(error)) from None
        except (kube.KubeError, aio.WorkerError) as error:
            raise runtime.Transient(wording.VALUES_ERROR, f"the values cannot be composed: {error}") from None
        return dataclasses.replace(run, values=found.values, config_digest=found.digest)

    async def _given(self, ctx: runtime.Context[Any], run: Run) -> tuple[Given, ...]:
        known: dict[ConfigRef, Data] = {}
        found = []
        for reference in run.spec.values_from or ():
            ref = ConfigRef(kind=reference.kind, namespace=run.owner.namespace, name=reference.name)
            if ref not in known:
                ctx.subscribe(ref.token)
                known[ref] = await self._data(ref, reference)
            if (each := _of(reference, ref, known[ref])) is not None:
                found.append(each)
        return tuple(found)

    async def _data(self, ref: ConfigRef, reference: ValuesReference) -> Data:
        try:
            return await self._configs.data(ref)
        except kube.NotFound as error:
            if not reference.optional:
                raise helm.ValuesError(f"could not resolve {_name(reference, ref)}: {error}") from None
            return None

    async def _composed(
        self, ctx: runtime.Context[Any], given: tuple[Given, ...], inline: Mapping[str, Any]
    ) -> composing.Composed:
        key = _fingerprint(given, inline)
        known = ctx.memory.get(_COMPOSED)
        if known is None or known[0] != key:
            made = await self._pool.run(composing.compose, given, inline, timeout=_SECONDS, repeatable=True)
            known = ctx.memory[_COMPOSED] = (key, made)
        found: composing.Composed = known[1]
        return found


def _of(reference: ValuesReference, ref: ConfigRef, data: Data) -> Given | None:
    """What a reference gives; None when that may be nothing."""
    name, key = _name(reference, ref), reference.values_key or _KEY
    if data is None or key not in data:
        if reference.optional:
            return None
        raise helm.ValuesError(f"could not resolve {name}: {'resource' if data is None else 'key'} not found")
    return Given(
        text=data[key].decode("utf-8", "replace"),
        path=reference.target_path or "",
        literal=bool(reference.literal),
        name=name,
        confidential=ref.kind == "Secret",
    )


def _name(reference: ValuesReference, ref: ConfigRef) -> str:
    optional = "optional " if reference.optional else ""
    where = f"'{ref.namespace}/{ref.name}' with key '{reference.values_key or _KEY}'"
    return f"{optional}{ref.kind} chart values reference {where}"


def _fingerprint(given: tuple[Given, ...], inline: Mapping[str, Any]) -> bytes:
    texts = [(each.text, each.path, each.literal, each.name) for each in given]
    return hashlib.sha256(orjson.dumps([texts, inline])).digest()
