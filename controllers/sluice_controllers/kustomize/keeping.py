"""Holding what was applied: single objects are put back as they change, without a pass over their Kustomization."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sluice import kube, runtime, ssa
from sluice_api import meta
from sluice_api.kustomize import v1 as kustomizev1
from sluice_api.meta import names
from sluice_controllers.kustomize.values import ORIGIN_REVISION, REVISION

CONTESTED: Final = "DriftContested"


class Keeper:
    """Decides whose objects are kept, and tells their Kustomizations' events what was put back."""

    def __init__(
        self,
        kustomizations: kube.Store,
        *,
        events: runtime.EventSink,
        controller: runtime.Controller[kustomizev1.Kustomization],
        release: Callable[[ssa.Owner], None],
    ) -> None:
        self._kustomizations = kustomizations
        self._release = release
        self._events = events
        self._controller = controller

    @property
    def listener(self) -> ssa.Listener:
        """What the drift watch is given."""
        return ssa.Listener(allowed=self.allowed, repaired=self.repaired, failed=self.failed, contested=self.contested)

    def allowed(self, owner: ssa.Owner) -> bool:
        """Whether the Kustomization is there, neither suspended nor on its way out."""
        found = self._kustomizations.get(owner.namespace, owner.name)
        if found is None or found["metadata"].get("deletionTimestamp"):
            return False
        return not (found.get("spec") or {}).get("suspend")

    def seen(self, event: kube.Event) -> None:
        """Answer for nothing in the name of a Kustomization that is gone, though another one may have its name."""
        meta = event.object["metadata"]
        if event.kind == "DELETED" or (event.old is not None and event.old["metadata"].get("uid") != meta.get("uid")):
            self._release(ssa.Owner(namespace=meta.get("namespace") or "", name=meta["name"]))

    def repaired(self, owner: ssa.Owner, change: ssa.Change) -> None:
        """Tell of an object that was put back, as of any object that was configured."""
        self._tell(owner, "Normal", names.PROGRESSING, str(change))

    def failed(self, owner: ssa.Owner, identity: ssa.Identity) -> None:
        """Have the Kustomization reconciled: it will run into the same fault, and say so in its status."""
        self._controller.enqueue(runtime.Request(owner.namespace, owner.name))

    def contested(self, owner: ssa.Owner, identity: ssa.Identity, rival: ssa.Rival, delay: float) -> None:
        """Tell of a fight once; it is answered ever more slowly."""
        pause = meta.format_duration(round(delay, 1))
        text = f"{identity} is {rival}; corrections slow down, the next one comes in {pause}"
        self._tell(owner, "Warning", CONTESTED, text)

    def _tell(self, owner: ssa.Owner, type_: runtime.EventType, reason: str, text: str) -> None:
        found = self._kustomizations.get(owner.namespace, owner.name)
        if found is None:
            return
        status = found.get("status") or {}
        known = {
            REVISION: status.get("lastAppliedRevision"),
            ORIGIN_REVISION: status.get("lastAppliedOriginRevision"),
        }
        self._events.emit(found, type_, reason, text, {key: value for key, value in known.items() if value})
