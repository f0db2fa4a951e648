"""What every row is measured with: a namespace of its own, and the controller of one program that sees no other."""

from dataclasses import dataclass

from common import meters
from sluice import kube, testing


@dataclass(frozen=True, kw_only=True)
class Bench:
    """One program at work."""

    client: kube.Client
    server: testing.GitServer
    controller: testing.Process
    meter: meters.Meter
    namespace: str
    count: int
    """Sources in place."""
    servers: int
    """Repositories that they share."""
    samples: int
    """How often that is repeated whose percentiles are asked for."""
