"""What a controller needs to know of its kind, as data."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from sluice import kube
from sluice.runtime.conditions import ConditionPolicy
from sluice_api.meta import names

M = TypeVar("M", bound=BaseModel)
"""The pydantic model of a kind."""


def _is_suspended(obj: Mapping[str, Any]) -> bool:
    return bool((obj.get("spec") or {}).get("suspend"))


@dataclass(frozen=True, kw_only=True)
class Kind(Generic[M]):
    """One kind and how its controller signs what it writes."""

    resource: kube.Resource
    model: type[M]
    """Parsed once per pass; the first step receives the instance."""

    controller: str
    """The name events, logs and metrics carry, such as `source-controller`."""

    field_manager: str = ""
    """Who writes status and finalizers; "" means `controller`."""

    conditions: ConditionPolicy = field(default_factory=ConditionPolicy)
    finalizer: str = names.FINALIZER

    heeds: Callable[[kube.Object], Iterable[Hashable]] = field(default=lambda obj: ())
    """What an object is subscribed to until its first pass after a start, which may have to wait for those of many."""

    static: Callable[[kube.Object], bool] = field(default=lambda obj: False)
    """Whether an object is data and nothing else. It has neither status nor finalizer: what it had of them, from a time
    when it was more, is taken away, and what was done for it is undone."""

    suspends: Callable[[Mapping[str, Any]], bool] = field(default=_is_suspended)
    """Whether an object says that no work is to be done for it: `spec.suspend`, of most kinds."""

    observes_suspended: bool = False
    """Whether the generation of a suspended object is handled, whatever its conditions say."""

    observes: bool = True
    """Whether the status has an observedGeneration; if not, that of Ready says which generation has ended."""

    @property
    def manager(self) -> str:
        """The field manager to write with."""
        return self.field_manager or self.controller

    def suspended(self, obj: Mapping[str, Any]) -> bool:
        """No work is done, deletion still is."""
        return self.suspends(obj)
