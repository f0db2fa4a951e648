"""What one chart may cost, all that is in it together."""

from dataclasses import dataclass
from typing import Final

from sluice.helm.errors import ChartError

UNPACKED: Final = 100 << 20
"""Bytes of all files of a chart: Helm's own limit."""
UNPACKED_FILE: Final = 5 << 20
"""Bytes of a file in a packed chart: Helm's own limit."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a chart may be."""

    packed: int = 10 << 20
    """Bytes of a packed chart (`--helm-chart-max-size`)."""
    file: int = 5 << 20
    """Bytes of a file in a directory (`--helm-chart-file-max-size`)."""
    files: int = 50_000
    """Files of a chart, and of those in it."""
    depth: int = 16
    """How many charts one in another there may be."""
    yaml: int = 20 << 20
    """Bytes of the values of a chart and of those in it: reading them takes a second for each MiB."""


class Budget:
    """Counts down what is left for one chart; charts that are packed in it count for it."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._bytes = UNPACKED
        self._files = limits.files
        self._yaml = limits.yaml

    def take(self, size: int) -> None:
        """A file of this size. Raises ChartError."""
        self._bytes -= size
        self._files -= 1
        if self._bytes <= 0:
            raise ChartError(f"decompressed chart is larger than the maximum size {UNPACKED}")
        if self._files < 0:
            raise ChartError(f"the chart has more than {self.limits.files} files")

    def take_yaml(self, size: int) -> None:
        """Values of this size. Raises ChartError."""
        self._yaml -= size
        if self._yaml < 0:
            raise ChartError(f"the values of the chart and its dependencies are larger than {self.limits.yaml} bytes")

    def check_depth(self, depth: int) -> None:
        """A chart in as many others. Raises ChartError."""
        if depth > self.limits.depth:
            raise ChartError(f"the chart has charts nested deeper than {self.limits.depth}")
