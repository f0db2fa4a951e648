"""Apply, diff, prune and judge the health of sets of objects.

Server-side apply with takeover of fields, drift comparison, inventories, kstatus health. What changes the cluster
returns a `ChangeSet`; what may change it later is remembered in memory only, with a metadata watch to tell when the
memory is out of date. Knows of Kustomizations nothing but the two labels that name an owner.

- `ResourceManager` applies, prunes and repairs the objects of one cluster;
- `DriftWatch` puts single objects back the moment someone changes them;
- `Readiness` follows the health of objects by watch;
- `prepared`, `Inventory`, `health.judge` are pure.
"""

from typing import TYPE_CHECKING

from sluice import lazy
from sluice.ssa import health, ignoring
from sluice.ssa.changes import Action, Change, ChangeSet
from sluice.ssa.errors import ApplyFailed, PruneFailed, SSAError
from sluice.ssa.identities import Identity
from sluice.ssa.ignoring import IgnoreRule
from sluice.ssa.inventory import Inventory
from sluice.ssa.normalising import prepared
from sluice.ssa.ordering import parse_group_kinds
from sluice.ssa.ownership import Owner

if TYPE_CHECKING:
    from sluice.ssa.managing import ResourceManager, Settings
    from sluice.ssa.readiness import Extent, Readiness, by_status
    from sluice.ssa.records import ApplyOptions
    from sluice.ssa.repairing import DriftWatch, Listener
    from sluice.ssa.rivals import Rival
    from sluice.ssa.workloads import Workloads
else:
    # Worker processes prepare objects, and have no use for what applies and follows them.
    __getattr__ = lazy.attributes(
        __name__,
        {
            "ApplyOptions": "records",
            "DriftWatch": "repairing",
            "Extent": "readiness",
            "Listener": "repairing",
            "Readiness": "readiness",
            "ResourceManager": "managing",
            "Rival": "rivals",
            "Settings": "managing",
            "Workloads": "workloads",
            "by_status": "readiness",
        },
    )

__all__ = [
    "Action",
    "ApplyFailed",
    "ApplyOptions",
    "Change",
    "ChangeSet",
    "DriftWatch",
    "Extent",
    "Identity",
    "IgnoreRule",
    "Inventory",
    "Listener",
    "Owner",
    "PruneFailed",
    "Readiness",
    "ResourceManager",
    "Rival",
    "SSAError",
    "Settings",
    "Workloads",
    "by_status",
    "health",
    "ignoring",
    "parse_group_kinds",
    "prepared",
]
