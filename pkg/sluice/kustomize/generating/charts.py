"""Resources rendered from Helm charts, by a renderer that the caller gives."""

from collections.abc import Callable, Iterable
from functools import reduce
from pathlib import Path
from typing import Any

from sluice import yamlio
from sluice.kustomize.definition.charts import HelmChart
from sluice.kustomize.errors import InvalidKustomization, InvalidResource, MissingFile, Refused
from sluice.kustomize.loading import reading
from sluice.kustomize.loading.files import Files
from sluice.kustomize.model.bookkeeping import HELM_GENERATED
from sluice.kustomize.model.openapi import Schema
from sluice.kustomize.model.resources import Object, Resource
from sluice.kustomize.options import Release
from sluice.kustomize.patching import strategic

_MERGES = ("merge", "override", "replace")
_VALUES = "values.yaml"


def generate(chart: HelmChart, files: Files, directory: Path) -> list[Resource]:
    """Return what the chart renders to, marked: the namespace of the kustomization is not for it."""
    render = files.options.charts
    if render is None:
        raise Refused(
            "Helm charts are rendered only where the caller allows it",
            advice="Render it before the commit, or allow it: `sluice build kustomization --enable-helm`.",
        ).saying("must specify --enable-helm")
    _check(chart)
    home, read_defaults = _located(chart, files, directory)
    release = Release(
        chart=home,
        name=chart.release_name,
        name_template=chart.name_template,
        namespace=chart.namespace,
        values=_values(chart, read_defaults, lambda path: files.read(directory, path)),
        include_crds=chart.include_crds,
        skip_hooks=chart.skip_hooks,
        skip_tests=chart.skip_tests,
        kube_version=chart.kube_version,
        api_versions=chart.api_versions,
    )
    found = reading.resources(render(release))
    for resource in found:
        resource.set_strings("annotations", {**resource.strings("annotations"), HELM_GENERATED: "true"})
    return found


def _check(chart: HelmChart) -> None:
    if not chart.name:
        raise InvalidKustomization("is missing", field="name").saying("chart name cannot be empty")
    if chart.values_merge not in ("", *_MERGES):
        raise InvalidKustomization(
            f'"{chart.values_merge}" is none of {", ".join(_MERGES)}', field="valuesMerge"
        ).saying(f"valuesMerge must be one of [{' '.join(_MERGES)}]")


def _located(chart: HelmChart, files: Files, directory: Path) -> tuple[Path, Callable[[], bytes]]:
    """Return where the chart is, in the source or fetched, and what reads its own values."""
    # A chart that is named with version and repository has a directory of its own among others of its name.
    home = f"{chart.home}/{chart.name}-{chart.version}" if chart.version and chart.repo else chart.home
    named = f"{home}/{chart.name}"
    path = files.shown(directory, named)
    if path.is_dir():
        return files.tree(path), lambda: files.read(directory, f"{named}/{_VALUES}")
    if not chart.repo:
        raise MissingFile(f'there is no chart in "{named}", and no `repo` to fetch it from', field="name").saying(
            f"no repo specified for pull, no chart found at '{path}'"
        )
    if chart.repo.startswith("oci://"):
        raise Refused(f'"{chart.repo}" is a registry: charts are not fetched from these yet', field="repo")
    fetched = files.chart(chart.name, repo=chart.repo, version=chart.version, devel=chart.devel)
    return fetched.tree(fetched.root), lambda: fetched.read(fetched.root, _VALUES)


def _values(chart: HelmChart, read_defaults: Callable[[], bytes], read: Callable[[str], bytes]) -> Object:
    """Return the values over the chart's own: those of files, the inline ones in the place that `valuesMerge` says."""
    file = chart.values_file

    def first() -> bytes:
        return read(file) if file else read_defaults()

    inline = dict(chart.values_inline)
    if not inline:
        found = _documents(first(), file or _VALUES)
    elif chart.values_merge == "replace":
        found = inline
    else:
        found = _merged(_node(first(), file or _VALUES), inline, inline_wins=chart.values_merge != "merge")
    more = [_documents(read(path), path) for path in chart.additional_values_files]
    return reduce(_over, more, found)


def _merged(values: Object, inline: Object, *, inline_wins: bool) -> Object:
    # Values are of no kind that a schema knows: their lists are replaced.
    base, patch = (values, inline) if inline_wins else (inline, values)
    return strategic.merge(base, patch, Schema({}, {})) or {}


def _node(content: bytes, file: str) -> Object:
    """Return a file of values as kustomize reads it to merge others into it, or it into them."""
    documents = _read(content, file, yamlio.Dialect.KUSTOMIZE)
    if not documents:
        raise InvalidResource(
            "has no values that `valuesInline` could be merged with", file=file, advice="Set `valuesMerge: replace`."
        ).saying("could not parse values file into rnode: EOF")
    return _mapping(documents[:1], file)


def _documents(content: bytes, file: str) -> Object:
    """Return a file of values as Helm reads it: its documents one over the other."""
    return _mapping(_read(content, file, yamlio.Dialect.KUBERNETES), file)


def _read(content: bytes, file: str, dialect: yamlio.Dialect) -> list[Any]:
    try:
        return yamlio.load_all(content, source=file, dialect=dialect)
    except yamlio.YAMLError as error:
        raise InvalidResource(f"cannot be read as YAML: {error.reason}", file=file, line=error.line) from error


def _mapping(documents: Iterable[Any], file: str) -> Object:
    found: Object = {}
    for document in documents:
        if not isinstance(document, dict | None):
            raise InvalidResource("values are a mapping", file=file)
        found = _over(found, document or {})
    return found


def _over(below: Object, above: Object) -> Object:
    """Return two mappings joined as Helm joins values: mappings merge, all else is replaced."""
    found = dict(below)
    for key, value in above.items():
        present = found.get(key)
        found[key] = _over(present, value) if isinstance(value, dict) and isinstance(present, dict) else value
    return found
