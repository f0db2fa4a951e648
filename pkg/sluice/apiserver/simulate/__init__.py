"""Workload controllers without a kubelet: objects get the status they would have on a healthy cluster.

    await simulate.run(cluster, simulate.Options(delay=0.2))        # returns when the store closes

- `Mode.HEALTHY`: pods are scheduled on one simulated node and become ready after `delay`;
- `Mode.NO_NODES`: what a cluster without nodes does: ReplicaSets and pods are made, and stay pending;
- `Mode.OFF`: nothing happens at all.

The annotation `sluice.dev/simulate` on an object, on its pod template or on any of its owners says otherwise for
that object: `never` (does not become ready), `fail` (fails), `crash` (starts and ends, again
and again), `after=2s` (takes that long).

Each controller is a function of an object and what it owns, which writes a status and a few objects; `engine` calls
it when something it depends on changed, or when it asked to be called later. Nothing polls.
"""

from sluice.apiserver.simulate.engine import run
from sluice.apiserver.simulate.options import ANNOTATION, Mode, Options

__all__ = ["ANNOTATION", "Mode", "Options", "run"]
