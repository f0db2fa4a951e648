"""What rendering can fail with. Messages are Helm's; they never quote values, unless the chart's own words do.

HelmError
├── MissingEngineError   the library is not installed
├── ChartError           the chart cannot be loaded, or is none that can be rendered
├── ValuesError          the values do not fit the chart's schema, or are no values
├── TemplateError        a template failed, or yields something that is no manifest
├── InvalidIndexError    the index of a repository cannot be read, or is none
└── NoSuchChartError     the index has no such chart, or no version of it in the range, or the range is none
"""


class HelmError(Exception):
    """Root of what this package raises. It pickles."""

    def __init__(self, reason: str, *, chart: str = "", template: str = "", line: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.chart = chart
        self.template = template
        """The file in the chart, from the chart's name on: `web/templates/service.yaml`."""
        self.line = line

    def __str__(self) -> str:
        place = f"{self.template}:{self.line}" if self.template and self.line else self.template or self.chart
        return f"{place}: {self.reason}" if place and place not in self.reason else self.reason

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.reason,), dict(vars(self))


class MissingEngineError(HelmError):
    """The library is not installed."""


class ChartError(HelmError):
    """The chart cannot be loaded, or is none that can be rendered."""


class ValuesError(HelmError):
    """The values do not fit the chart's schema, or are no values."""


class TemplateError(HelmError):
    """A template failed, or yields something that is no manifest."""


class InvalidIndexError(HelmError):
    """The index of a repository cannot be read, or is none."""


class NoSuchChartError(HelmError):
    """The index has no such chart, or no version of it in the range, or the range is none."""
