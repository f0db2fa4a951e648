"""Helm charts for `sluice build`: the renderer that a build is given."""

from __future__ import annotations

from collections.abc import Callable

from sluice import helm, kustomize


def renderer(kube_version: str, api_versions: tuple[str, ...]) -> Callable[[kustomize.Release], str]:
    """Return what renders charts; the versions are for charts that name none of their own."""

    def render(release: kustomize.Release) -> str:
        try:
            return helm.render(
                release.chart,
                release_name=release.name,
                name_template=release.name_template,
                namespace=release.namespace,
                values=release.values,
                include_crds=release.include_crds,
                skip_hooks=release.skip_hooks,
                skip_tests=release.skip_tests,
                kube_version=release.kube_version or kube_version,
                api_versions=release.api_versions or api_versions,
            )
        except helm.HelmError as error:
            raise kustomize.InvalidChart(str(error)) from error

    return render
