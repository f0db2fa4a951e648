"""The kustomization file: its fields, their types, and what is said when they are wrong."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sluice import yamlio
from sluice.kustomize.definition import charts, decoding, deprecations, entries, replacements
from sluice.kustomize.definition.decoding import STRING, Fields, ListOf, MapOf
from sluice.kustomize.definition.kustomizations import (
    COMPONENT_KIND,
    COMPONENT_VERSION,
    KIND,
    VERSION,
    Kustomization,
)
from sluice.kustomize.errors import InvalidKustomization

_FOR_FLUX = "This Kustomization is one of Flux, for a cluster: build the directory that its spec.path names."
_KUSTOMIZATION = Fields(
    "Kustomization",
    apiVersion=STRING,
    kind=STRING,
    metadata=decoding.ANY,
    namePrefix=STRING,
    nameSuffix=STRING,
    namespace=STRING,
    commonLabels=MapOf(STRING),
    labels=ListOf(entries.LABEL),
    commonAnnotations=MapOf(STRING),
    patchesStrategicMerge=ListOf(STRING),
    patchesJson6902=ListOf(entries.PATCH),
    patches=ListOf(entries.PATCH),
    images=ListOf(entries.IMAGE),
    imageTags=ListOf(entries.IMAGE),
    replicas=ListOf(entries.REPLICA),
    replacements=ListOf(replacements.ENTRY),
    vars=ListOf(entries.VAR),
    sortOptions=entries.SORT,
    resources=ListOf(STRING),
    bases=ListOf(STRING),
    components=ListOf(STRING),
    configMapGenerator=ListOf(Fields("ConfigMapArgs", env=STRING, **entries.GENERATOR)),
    secretGenerator=ListOf(Fields("SecretArgs", type=STRING, env=STRING, **entries.GENERATOR)),
    generatorOptions=entries.OPTIONS,
    configurations=ListOf(STRING),
    crds=ListOf(STRING),
    openapi=MapOf(STRING),
    generators=ListOf(STRING),
    transformers=ListOf(STRING),
    validators=ListOf(STRING),
    buildMetadata=ListOf(STRING),
    helmGlobals=charts.GLOBALS,
    helmCharts=ListOf(charts.CHART),
    helmChartInflationGenerator=ListOf(charts.LEGACY),
)


def parse(content: bytes, *, file: str = "", directory: Path | None = None, lenient: bool = False) -> Kustomization:
    """Return the kustomization in `content`.

    `lenient` reads it as Flux reads the one it merges its own settings into: unknown fields are left out, numbers and
    booleans become strings where strings are wanted. Otherwise both raise InvalidKustomization, as does an empty file
    or a wrong kind.
    """
    raw = decode(content, file=file, lenient=lenient)
    try:
        return of(raw, file=file, directory=directory)
    except InvalidKustomization as error:
        error.file = error.file or file
        error.line = yamlio.line_of(content, [error.field]) if error.field else None
        raise


def decode(content: bytes, *, file: str = "", lenient: bool = False) -> dict[str, Any]:
    """Return the fields of the file that are set, checked and with their proper names."""
    try:
        # Of several documents Go's reader takes the first and leaves the others unseen.
        raw = next(iter(yamlio.load_all(content, source=file, last_wins=True)), None)
    except yamlio.YAMLError as error:
        context = "error converting YAML to JSON" if lenient else "invalid Kustomization"
        raise _malformed(content, error, file).saying(f"{context}: {error}") from error
    try:
        decoded = decoding.decode(raw if raw is not None else {}, _KUSTOMIZATION, lenient=lenient)
    except decoding.Mismatch as mismatch:
        line = yamlio.line_of(content, mismatch.path)
        context = "error unmarshaling JSON: while decoding JSON" if lenient else "invalid Kustomization"
        advice = _FOR_FLUX if _is_of_flux(raw) else mismatch.advice
        raise InvalidKustomization(mismatch.reason, file=file, line=line, field=mismatch.field, advice=advice).saying(
            f"{context}: {mismatch}"
        ) from mismatch
    fields: dict[str, Any] = decoded
    return fields


def of(raw: Mapping[str, Any], *, file: str = "", directory: Path | None = None) -> Kustomization:
    """Return the kustomization made of decoded fields."""
    if not set(raw) - {"apiVersion", "kind"}:
        raise InvalidKustomization("is empty", file=file, advice="List what to build under `resources`.").saying(
            "kustomization.yaml is empty"
        )
    kind = raw.get("kind") or KIND
    _check_type(raw, kind, file, directory)
    return Kustomization(
        file=file,
        kind=kind,
        warnings=deprecations.warnings(raw),
        resources=(*raw.get("resources", ()), *raw.get("bases", ())),
        from_bases=len(raw.get("bases", ())),
        components=tuple(raw.get("components", ())),
        namespace=raw.get("namespace", ""),
        name_prefix=raw.get("namePrefix", ""),
        name_suffix=raw.get("nameSuffix", ""),
        common_labels=raw.get("commonLabels", {}),
        labels=tuple(entries.labels(entry) for entry in raw.get("labels", ())),
        common_annotations=raw.get("commonAnnotations", {}),
        patches=tuple(entries.patch(entry) for entry in raw.get("patches", ())),
        patches_strategic_merge=tuple(raw.get("patchesStrategicMerge", ())),
        patches_json6902=tuple(entries.patch(entry) for entry in raw.get("patchesJson6902", ())),
        images=tuple(entries.image(entry) for entry in raw.get("images", ())),
        image_tags=tuple(entries.image(entry) for entry in raw.get("imageTags", ())),
        replicas=tuple(entries.replica(entry) for entry in raw.get("replicas", ())),
        replacements=tuple(replacements.entry(entry) for entry in raw.get("replacements", ())),
        config_maps=tuple(entries.generator(entry) for entry in raw.get("configMapGenerator", ())),
        secrets=tuple(entries.generator(entry) for entry in raw.get("secretGenerator", ())),
        generator_options=entries.options(raw.get("generatorOptions")),
        vars=tuple(entries.var(entry) for entry in raw.get("vars", ())),
        configurations=tuple(raw.get("configurations", ())),
        crds=tuple(raw.get("crds", ())),
        openapi=raw.get("openapi", {}),
        generators=tuple(raw.get("generators", ())),
        transformers=tuple(raw.get("transformers", ())),
        validators=tuple(raw.get("validators", ())),
        sort_options=entries.sort(raw.get("sortOptions")),
        build_metadata=tuple(raw.get("buildMetadata", ())),
        charts=charts.charts(raw),
    )


def _check_type(raw: Mapping[str, Any], kind: str, file: str, directory: Path | None) -> None:
    version = COMPONENT_VERSION if kind == COMPONENT_KIND else VERSION
    faults = []
    if kind not in (KIND, COMPONENT_KIND):
        faults.append(("kind", f"should be {KIND} or {COMPONENT_KIND}", "kind"))
    if raw.get("apiVersion") not in (None, "", version):
        faults.append(("apiVersion", f"should be {version}", f"apiVersion for {kind}"))
    if faults:
        where = directory if directory is not None else file
        lines = (f"{what} {reason}" for _, reason, what in faults)
        said = "\n".join((f"Failed to read kustomization file under {where}:", *lines))
        field, reason, _ = faults[0]
        raise InvalidKustomization(reason, file=file, field=field).saying(said)


def _malformed(content: bytes, error: yamlio.YAMLError, file: str) -> InvalidKustomization:
    from sluice.kustomize import advising

    advice = advising.malformed(content, error.line)
    return InvalidKustomization(f"cannot be read as YAML: {error.reason}", file=file, line=error.line, advice=advice)


def _is_of_flux(raw: Any) -> bool:
    return isinstance(raw, dict) and str(raw.get("apiVersion")).startswith("kustomize.toolkit.fluxcd.io/")
