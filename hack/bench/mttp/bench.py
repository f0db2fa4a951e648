"""What every row is measured with: one cluster, the controllers of one program, and how much is asked for."""

from dataclasses import dataclass

from common import meters
from sluice import kube, testing


@dataclass(frozen=True, kw_only=True)
class Bench:
    """One program at work."""

    client: kube.Client
    server: testing.GitServer
    controllers: testing.Controllers
    meter: meters.Meter
    """Of the controller of Kustomizations."""
    count: int
    """Kustomizations in place."""
    samples: int
    """How often that is repeated whose percentiles are asked for."""
    holds: bool
    """Whether the program puts back by itself what others change."""
