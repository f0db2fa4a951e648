"""The door to Helm's engine: a shared library with a C interface, loaded when the first chart is rendered.

Of that interface only what reads a chart and what renders one is used. Neither asks a server that it is not told of,
runs anything or writes a file, whatever the environment says; a values schema is the exception that `schemas` closes.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sluice.helm.errors import ChartError, HelmError, MissingEngineError, TemplateError, ValuesError

if TYPE_CHECKING:
    from helm_python import Chart

_PLACE = re.compile(r"(?P<file>[^\s():\"]+/templates/[^\s():\"]+):(?P<line>[0-9]+)")


@contextmanager
def loaded(source: Path | bytes) -> Iterator["Loaded"]:
    """The chart in a directory, in a `.tgz` file or in the bytes of one. Raises HelmError."""
    try:
        import helm_python
    except ImportError:
        raise MissingEngineError("Helm's engine is not installed: pip install 'sluice[helm]'") from None
    with _translated(""):
        chart = helm_python.Chart.load_archive(source) if isinstance(source, bytes) else helm_python.Chart.load(source)
    with chart:
        yield Loaded(chart)


class Loaded:
    """A chart in the library's memory. Rendering it takes out what the values switch off, so it is rendered once."""

    def __init__(self, chart: "Chart") -> None:
        self._chart = chart
        self.metadata: Mapping[str, Any] = chart.metadata
        """As the chart came; `record` has what became of it."""
        self.name = str(self.metadata.get("name") or "")

    @property
    def record(self) -> dict[str, Any]:
        """Metadata and values; of a rendered chart with what came of its dependencies, as Helm stores them."""
        return {"metadata": self._chart.metadata, "values": self._chart.values}

    @property
    def dependencies(self) -> frozenset[str]:
        """The names of the charts that are there in `charts/`."""
        return frozenset(str(each.get("name")) for each in self._chart.dependencies)

    @property
    def crds(self) -> list[tuple[str, str]]:
        """The files below `crds/` with their contents, those of subcharts too; of a rendered chart, of those in use."""
        return [(crd["filename"], crd["data"]) for crd in self._chart.crds]

    def render(self, values: Mapping[str, Any], options: Mapping[str, Any], *, server: str = "") -> dict[str, str]:
        """What each template gives; `lookup` asks the Kubernetes API at `server`, if there is one, without a login.

        The binding's own `render` lacks options that the library has.
        """
        from helm_python import Config, _native

        texts = json.dumps(dict(values)), json.dumps(dict(options))
        with _translated(self.name, secret=server):
            if server:
                # A kubeconfig with nothing in it, so that no other is looked for.
                with Config(kubeconfig_path=os.devnull, kube_apiserver=server) as config:
                    handles = config._raw(), self._chart._raw()
                    rendered = _native.call_string("helm_render_with_config", *handles, *texts)
            else:
                rendered = _native.call_string("helm_render", self._chart._raw(), *texts)
        files: dict[str, str] = json.loads(rendered)
        return files


@contextmanager
def _translated(chart: str, *, secret: str = "") -> Iterator[None]:
    """Raise the library's errors as ours; what is secret is not told."""
    import helm_python

    try:
        yield
    except helm_python.HelmError as error:
        reason = str(error).strip()
        raise _explained(error, reason.replace(secret, "") if secret else reason, chart) from None


def _explained(error: Exception, reason: str, chart: str) -> HelmError:
    import helm_python

    if isinstance(error, helm_python.HelmValuesError | helm_python.HelmInvalidArgError):
        return ValuesError(reason, chart=chart)
    if isinstance(error, helm_python.HelmRenderError):
        found = _PLACE.findall(reason)
        # Helm tells the way from the template that was rendered to the place of the fault.
        template, line = (found[-1][0], int(found[-1][1])) if found else ("", None)
        return TemplateError(reason, chart=chart, template=template, line=line)
    return ChartError(reason, chart=chart)
