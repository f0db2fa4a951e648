"""The kustomization file: its fields, their types, and what is said when they are wrong."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sluice import yamlio
from sluice.kustomize.definition import decoding, entries, replacements
from sluice.kustomize.definition.decoding import STRING, Fields, ListOf, MapOf
from sluice.kustomize.definition.kustomizations import (
    COMPONENT_KIND,
    COMPONENT_VERSION,
    KIND,
    VERSION,
    Kustomization,
)
from sluice.kustomize.errors import InvalidKustomization

_NOT_YET: dict[str, decoding.Type] = {
    "helmCharts": ListOf(decoding.ANY),
    "helmGlobals": decoding.ANY,
    "helmChartInflationGenerator": ListOf(decoding.ANY),
}
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
    configMapGenerator=ListOf(Fields("ConfigMapArgs", **entries.GENERATOR)),
    secretGenerator=ListOf(Fields("SecretArgs", type=STRING, **entries.GENERATOR)),
    generatorOptions=entries.OPTIONS,
    configurations=ListOf(STRING),
    crds=ListOf(STRING),
    openapi=MapOf(STRING),
    generators=ListOf(STRING),
    transformers=ListOf(STRING),
    validators=ListOf(STRING),
    buildMetadata=ListOf(STRING),
    **_NOT_YET,
)


def parse(content: bytes, *, file: str = "", directory: Path | None = None, lenient: bool = False) -> Kustomization:
    """Return the kustomization in `content`.

    `lenient` reads it as Flux reads the one it merges its own settings into: unknown fields are left out, numbers and
    booleans become strings where strings are wanted. Otherwise both raise InvalidKustomization, as does an empty file
    or a wrong kind.
    """
    raw = decode(content, file=file, lenient=lenient)
    return of(raw, file=file, directory=directory)


def decode(content: bytes, *, file: str = "", lenient: bool = False) -> dict[str, Any]:
    """Return the fields of the file that are set, checked and with their proper names."""
    try:
        # Of several documents Go's reader takes the first and leaves the others unseen.
        raw = next(iter(yamlio.load_all(content, source=file, last_wins=True)), None)
    except yamlio.YAMLError as error:
        context = "error converting YAML to JSON" if lenient else "invalid Kustomization"
        raise InvalidKustomization(f"{context}: {error}", file=file, line=error.line) from error
    try:
        decoded = decoding.decode(raw if raw is not None else {}, _KUSTOMIZATION, lenient=lenient)
    except decoding.Mismatch as mismatch:
        line = yamlio.line_of(content, mismatch.path)
        context = "error unmarshaling JSON: while decoding JSON" if lenient else "invalid Kustomization"
        raise InvalidKustomization(f"{context}: {mismatch}", file=file, line=line, field=mismatch.field) from mismatch
    fields: dict[str, Any] = decoded
    return fields


def of(raw: Mapping[str, Any], *, file: str = "", directory: Path | None = None) -> Kustomization:
    """Return the kustomization made of decoded fields."""
    if not set(raw) - {"apiVersion", "kind"}:
        raise InvalidKustomization("kustomization.yaml is empty", file=file)
    kind = raw.get("kind") or KIND
    _check_type(raw, kind, file, directory)
    return Kustomization(
        file=file,
        kind=kind,
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
        unsupported=tuple(name for name in _NOT_YET if raw.get(name)),
    )


def _check_type(raw: Mapping[str, Any], kind: str, file: str, directory: Path | None) -> None:
    faults = []
    if kind not in (KIND, COMPONENT_KIND):
        faults.append(f"kind should be {KIND} or {COMPONENT_KIND}")
    version = COMPONENT_VERSION if kind == COMPONENT_KIND else VERSION
    if raw.get("apiVersion") not in (None, "", version):
        faults.append(f"apiVersion for {kind} should be {version}")
    if faults:
        where = directory if directory is not None else file
        reason = f"Failed to read kustomization file under {where}:\n" + "\n".join(faults)
        raise InvalidKustomization(reason, file=file, field="kind" if "kind should" in faults[0] else "apiVersion")
