"""Helm charts in a kustomization: `helmCharts` and `helmGlobals`, and the legacy field that stood for both."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from sluice.kustomize.definition import decoding
from sluice.kustomize.definition.decoding import BOOL, STRING, Fields, ListOf, MapOf

_DEFAULT_HOME = "charts"
_LEGACY = "helmChartInflationGenerator"
_GLOBALS: dict[str, decoding.Type] = {"chartHome": STRING, "configHome": STRING}
GLOBALS = Fields("HelmGlobals", **_GLOBALS)
CHART = Fields(
    "HelmChart",
    name=STRING,
    version=STRING,
    repo=STRING,
    releaseName=STRING,
    namespace=STRING,
    additionalValuesFiles=ListOf(STRING),
    valuesFile=STRING,
    valuesInline=MapOf(decoding.ANY),
    valuesMerge=STRING,
    includeCRDs=BOOL,
    skipHooks=BOOL,
    apiVersions=ListOf(STRING),
    kubeVersion=STRING,
    nameTemplate=STRING,
    skipTests=BOOL,
    debug=BOOL,
    devel=BOOL,
)
LEGACY = Fields(
    "HelmChartArgs",
    chartName=STRING,
    chartVersion=STRING,
    chartRepoUrl=STRING,
    chartHome=STRING,
    chartRepoName=STRING,
    helmBin=STRING,
    helmHome=STRING,
    values=STRING,
    valuesLocal=MapOf(decoding.ANY),
    valuesMerge=STRING,
    releaseName=STRING,
    releaseNamespace=STRING,
    extraArgs=ListOf(STRING),
)
PLUGIN: Mapping[str, decoding.Type] = {**_GLOBALS, **CHART.fields}
"""The fields of a generator's own configuration: both together."""


class HelmChart(NamedTuple):
    """A chart to render. What concerns Helm's own commands alone (`configHome`, `debug`) means nothing here."""

    name: str
    place: str = ""
    """Where in the kustomization it is named."""
    home: str = _DEFAULT_HOME
    """The directory that holds the chart's own, from that of the kustomization."""
    version: str = ""
    repo: str = ""
    """Where the chart is fetched from, when it is not there."""
    release_name: str = ""
    namespace: str = ""
    values_file: str = ""
    additional_values_files: tuple[str, ...] = ()
    values_inline: Mapping[str, Any] = MappingProxyType({})
    values_merge: str = ""
    include_crds: bool = False
    skip_hooks: bool = False
    skip_tests: bool = False
    api_versions: tuple[str, ...] = ()
    kube_version: str = ""
    name_template: str = ""
    devel: bool = False


def charts(raw: Mapping[str, Any]) -> tuple[HelmChart, ...]:
    """Return the charts of a kustomization's decoded fields; those of the legacy field come last."""
    legacy = raw.get(_LEGACY, ())
    # The legacy field's last one counts, and only where there are no globals.
    homes = [entry["chartHome"] for entry in legacy if entry.get("chartHome")]
    shared = raw.get("helmGlobals") or {"chartHome": homes[-1] if homes else ""}
    home = shared.get("chartHome") or _DEFAULT_HOME
    entries = [("helmCharts", raw.get("helmCharts", ())), (_LEGACY, list(map(_of_legacy, legacy)))]
    return tuple(
        chart(entry, home=home, place=f"{name}[{at}]") for name, found in entries for at, entry in enumerate(found)
    )


def chart(raw: Mapping[str, Any], *, home: str = "", place: str = "") -> HelmChart:
    """Return the chart that decoded fields stand for."""
    return HelmChart(
        name=raw.get("name", ""),
        place=place,
        home=home or raw.get("chartHome") or _DEFAULT_HOME,
        version=raw.get("version", ""),
        repo=raw.get("repo", ""),
        release_name=raw.get("releaseName", ""),
        namespace=raw.get("namespace", ""),
        values_file=raw.get("valuesFile", ""),
        additional_values_files=tuple(raw.get("additionalValuesFiles", ())),
        values_inline=raw.get("valuesInline", {}),
        values_merge=raw.get("valuesMerge", ""),
        include_crds=raw.get("includeCRDs", False),
        skip_hooks=raw.get("skipHooks", False),
        skip_tests=raw.get("skipTests", False),
        api_versions=tuple(raw.get("apiVersions", ())),
        kube_version=raw.get("kubeVersion", ""),
        name_template=raw.get("nameTemplate", ""),
        devel=raw.get("devel", False),
    )


def _of_legacy(raw: Mapping[str, Any]) -> dict[str, Any]:
    names = {
        "name": "chartName",
        "version": "chartVersion",
        "repo": "chartRepoUrl",
        "valuesFile": "values",
        "valuesInline": "valuesLocal",
        "valuesMerge": "valuesMerge",
        "releaseName": "releaseName",
    }
    return {name: raw[old] for name, old in names.items() if old in raw}
