"""A chart to text, as `helm template` prints it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sluice.helm import manifests, native, probing, schemas
from sluice.helm.errors import ChartError

_NAME = "release-name"
"""What a release is called that nobody gave a name."""
_NAMESPACE = "default"


def render(
    chart: Path | bytes,
    *,
    release_name: str = "",
    namespace: str = "",
    values: Mapping[str, Any] | None = None,
    include_crds: bool = False,
    skip_hooks: bool = False,
    skip_tests: bool = False,
    kube_version: str = "",
    api_versions: Sequence[str] = (),
    name_template: str = "",
    upgrade: bool = False,
) -> str:
    """The manifests of a chart, each under a line that names its template; hooks come last.

    `chart` is a directory, a `.tgz` file or the bytes of one; `values` are over the chart's own. `kube_version` and
    `api_versions` are what templates see of the cluster, the latter besides those of Helm's own. `name_template` makes
    the release's name where none is given. Raises HelmError.
    """
    schemas.check(chart)
    name = _name(release_name, name_template)
    with native.loaded(chart) as loaded:
        _check_type(loaded)
        _check_dependencies(loaded)
        check_version(loaded, kube_version)
        options = {
            "name": name,
            "namespace": namespace or _NAMESPACE,
            "api_versions": list(api_versions),
            "is_upgrade": upgrade,
            **({"kube_version": kube_version} if kube_version else {}),
        }
        files = loaded.render(values or {}, options)
        generic, hooks = manifests.sort(files)
        crds = [manifests.Manifest(source, text) for source, text in loaded.crds] if include_crds else []
    text = manifests.joined([*crds, *generic]).strip() + "\n"
    wanted = [] if skip_hooks else [hook for hook in hooks if not (skip_tests and hook.is_test)]
    return text + manifests.joined(wanted)


def _name(name: str, template: str) -> str:
    if name and template:
        raise ChartError("cannot set --name-template and also specify a name")
    found = probing.evaluate(template) if template else name or _NAME
    if not probing.is_release_name(found):
        raise ChartError(f'"{found}" is no name for a release: invalid release name, must match a DNS label')
    return found


def _check_type(chart: native.Loaded) -> None:
    """Refuse what Helm does not install; its engine alone does not mind."""
    kind = chart.metadata.get("type") or "application"
    if kind != "application":
        raise ChartError(f"{kind} charts are not installable", chart=chart.name)


def _check_dependencies(chart: native.Loaded) -> None:
    wanted = [str(entry.get("name")) for entry in chart.metadata.get("dependencies") or ()]
    if missing := [name for name in wanted if name not in chart.dependencies]:
        raise ChartError(
            f"found in Chart.yaml, but missing in charts/ directory: {', '.join(missing)}", chart=chart.name
        )


def check_version(chart: native.Loaded, kube_version: str) -> None:
    """Refuse what is not for this version of Kubernetes; that of Helm's own when it is "". Raises ChartError."""
    needed = str(chart.metadata.get("kubeVersion") or "")
    if needed and not probing.is_compatible(needed, kube_version):
        version = kube_version or probing.evaluate("{{ .Capabilities.KubeVersion.Version }}")
        raise ChartError(
            f"chart requires kubeVersion: {needed} which is incompatible with Kubernetes {version}", chart=chart.name
        )
