"""From the data of a Kubernetes Secret to the keys in it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import Any, Final

from sluice.sops.errors import InvalidKey
from sluice.sops.lending import Lender
from sluice.sops.metadata import Entry
from sluice.sops.rings import DataKeys, KeyService, Ring
from sluice.sops.secrets import AGE, AWS, AZURE, GCP, PGP, VAULT, Keys

_KEEPERS: Final = {
    "kms": ("aws", AWS),
    "gcp_kms": ("gcp", GCP),
    "azure_kv": ("azure", AZURE),
    "hc_vault": ("vault", VAULT),
}
"""For each kind of key that somebody else keeps: the module that asks them, and the credentials for that."""


def ring_of(keys: Keys, cache: DataKeys, lender: Lender | None = None) -> Ring:
    """The keys of a Secret, ready for use. Libraries are imported for those that are there.

    The `lender` notes what keepers ask for that has not been lent.

    Raises:
        InvalidKey: one of them cannot be read; the message names it and the Secret.
    """
    lender = lender or Lender(keys)
    services: dict[str, KeyService] = {}
    if ages := _files(keys, AGE):
        age = importlib.import_module("sluice.sops.keys.age")
        services["age"] = age.Age(_imported(keys, ages, lambda value: age.identities(_text(value))))
    if rings := _files(keys, PGP):
        pgp = importlib.import_module("sluice.sops.keys.pgp")
        services["pgp"] = pgp.PGP(_imported(keys, rings, pgp.private_keys))
    for kind, (module, name) in _KEEPERS.items():
        services[kind] = _Later(module, keys.data.get(name), lender)
    return Ring(services, holder=keys.digest, cache=cache)


class _Later:
    """A keeper of keys that is made when it is asked for the first time."""

    def __init__(self, module: str, credentials: bytes | None, lender: Lender) -> None:
        self._module = module
        self._credentials = credentials
        self._lender = lender
        self._made: KeyService | None = None

    def decrypt(self, entry: Entry) -> bytes:
        if self._made is None:
            module = importlib.import_module(f"sluice.sops.keys.{self._module}")
            self._made = module.service(self._credentials, self._lender)
        assert self._made is not None
        return self._made.decrypt(entry)


def _files(keys: Keys, suffix: str) -> list[str]:
    return sorted(name for name in keys.data if name.endswith(suffix))


def _imported(keys: Keys, names: list[str], read: Callable[[bytes], Iterator[Any]]) -> Iterator[Any]:
    for name in names:
        try:
            yield from read(keys.data[name])
        except InvalidKey as error:
            where = f" from {keys.source}" if keys.source else ""
            raise InvalidKey(f"failed to import '{name}' data{where}: {error}") from None


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")
