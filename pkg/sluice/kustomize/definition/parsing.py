"""The kustomization file: its fields, their types, and what is said when they are wrong."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sluice import yamlio
from sluice.kustomize.definition import decoding
from sluice.kustomize.definition.decoding import BOOL, INT, STRING, Fields, ListOf, MapOf
from sluice.kustomize.definition.kustomizations import (
    COMPONENT_KIND,
    COMPONENT_VERSION,
    KIND,
    VERSION,
    Generator,
    GeneratorOptions,
    Image,
    Kustomization,
    Labels,
    Patch,
    Replica,
    Selector,
    SortOptions,
    Var,
)
from sluice.kustomize.errors import InvalidKustomization
from sluice.kustomize.model.fieldspecs import FieldSpec
from sluice.kustomize.model.ids import Gvk

_SELECTOR = Fields(
    "Selector",
    group=STRING,
    version=STRING,
    kind=STRING,
    name=STRING,
    namespace=STRING,
    annotationSelector=STRING,
    labelSelector=STRING,
)
_PATCH = Fields(
    "Patch",
    path=STRING,
    patch=STRING,
    target=_SELECTOR,
    options=Fields("PatchArgs", allowNameChange=BOOL, allowKindChange=BOOL),
)
_IMAGE = Fields("Image", name=STRING, newName=STRING, tagSuffix=STRING, newTag=STRING, digest=STRING)
_OPTIONS = Fields(
    "GeneratorOptions",
    labels=MapOf(STRING),
    annotations=MapOf(STRING),
    disableNameSuffixHash=BOOL,
    immutable=BOOL,
)
_GENERATOR: dict[str, decoding.Type] = {
    "namespace": STRING,
    "name": STRING,
    "behavior": STRING,
    "literals": ListOf(STRING),
    "files": ListOf(STRING),
    "envs": ListOf(STRING),
    "env": STRING,
    "options": _OPTIONS,
}
_FIELD_SPEC = Fields("FieldSpec", group=STRING, version=STRING, kind=STRING, path=STRING, create=BOOL)
_LABEL = Fields(
    "Label",
    pairs=MapOf(STRING),
    includeSelectors=BOOL,
    includeTemplates=BOOL,
    fields=ListOf(_FIELD_SPEC),
)
_VAR = Fields(
    "Var",
    name=STRING,
    objref=Fields(
        "Target", apiVersion=STRING, group=STRING, version=STRING, kind=STRING, name=STRING, namespace=STRING
    ),
    fieldref=Fields("FieldSelector", fieldPath=STRING),
)
_SORT = Fields(
    "SortOptions",
    order=STRING,
    legacySortOptions=Fields("LegacySortOptions", orderFirst=ListOf(STRING), orderLast=ListOf(STRING)),
)
_NOT_YET: dict[str, decoding.Type] = {
    "crds": ListOf(STRING),
    "replacements": ListOf(decoding.ANY),
    "helmCharts": ListOf(decoding.ANY),
    "helmGlobals": decoding.ANY,
    "helmChartInflationGenerator": ListOf(decoding.ANY),
    "openapi": MapOf(STRING),
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
    labels=ListOf(_LABEL),
    commonAnnotations=MapOf(STRING),
    patchesStrategicMerge=ListOf(STRING),
    patchesJson6902=ListOf(_PATCH),
    patches=ListOf(_PATCH),
    images=ListOf(_IMAGE),
    imageTags=ListOf(_IMAGE),
    replicas=ListOf(Fields("Replica", name=STRING, count=INT)),
    vars=ListOf(_VAR),
    sortOptions=_SORT,
    resources=ListOf(STRING),
    bases=ListOf(STRING),
    components=ListOf(STRING),
    configMapGenerator=ListOf(Fields("ConfigMapArgs", **_GENERATOR)),
    secretGenerator=ListOf(Fields("SecretArgs", type=STRING, **_GENERATOR)),
    generatorOptions=_OPTIONS,
    configurations=ListOf(STRING),
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
        raw = yamlio.load(content, source=file, last_wins=True)
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
        components=tuple(raw.get("components", ())),
        namespace=raw.get("namespace", ""),
        name_prefix=raw.get("namePrefix", ""),
        name_suffix=raw.get("nameSuffix", ""),
        common_labels=raw.get("commonLabels", {}),
        labels=tuple(_labels(entry) for entry in raw.get("labels", ())),
        common_annotations=raw.get("commonAnnotations", {}),
        patches=tuple(_patch(entry) for entry in raw.get("patches", ())),
        patches_strategic_merge=tuple(raw.get("patchesStrategicMerge", ())),
        patches_json6902=tuple(_patch(entry) for entry in raw.get("patchesJson6902", ())),
        images=tuple(_image(entry) for entry in raw.get("images", ())),
        image_tags=tuple(_image(entry) for entry in raw.get("imageTags", ())),
        replicas=tuple(
            Replica(name=entry.get("name", ""), count=entry.get("count", 0)) for entry in raw.get("replicas", ())
        ),
        config_maps=tuple(_generator(entry) for entry in raw.get("configMapGenerator", ())),
        secrets=tuple(_generator(entry) for entry in raw.get("secretGenerator", ())),
        generator_options=_options(raw.get("generatorOptions")),
        vars=tuple(_var(entry) for entry in raw.get("vars", ())),
        configurations=tuple(raw.get("configurations", ())),
        generators=tuple(raw.get("generators", ())),
        transformers=tuple(raw.get("transformers", ())),
        validators=tuple(raw.get("validators", ())),
        sort_options=_sort(raw.get("sortOptions")),
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


def _selector(raw: Mapping[str, Any] | None) -> Selector | None:
    if raw is None:
        return None
    parts = {part: raw.get(part, "") for part in ("group", "version", "kind", "name", "namespace")}
    return Selector(
        **parts,
        label_selector=raw.get("labelSelector", ""),
        annotation_selector=raw.get("annotationSelector", ""),
    )


def _patch(raw: Mapping[str, Any]) -> Patch:
    options = raw.get("options") or {}
    return Patch(
        patch=raw.get("patch", ""),
        path=raw.get("path", ""),
        target=_selector(raw.get("target")),
        allow_name_change=options.get("allowNameChange", False),
        allow_kind_change=options.get("allowKindChange", False),
    )


def _image(raw: Mapping[str, Any]) -> Image:
    return Image(
        name=raw.get("name", ""),
        new_name=raw.get("newName", ""),
        new_tag=raw.get("newTag", ""),
        digest=raw.get("digest", ""),
        tag_suffix=raw.get("tagSuffix", ""),
    )


def _labels(raw: Mapping[str, Any]) -> Labels:
    return Labels(
        pairs=raw.get("pairs", {}),
        include_selectors=raw.get("includeSelectors", False),
        include_templates=raw.get("includeTemplates", False),
        fields=tuple(
            FieldSpec(
                Gvk(spec.get("group", ""), spec.get("version", ""), spec.get("kind", "")),
                spec.get("path", ""),
                spec.get("create", False),
            )
            for spec in raw.get("fields", ())
        ),
    )


def _generator(raw: Mapping[str, Any]) -> Generator:
    legacy = (raw["env"],) if raw.get("env") else ()
    return Generator(
        name=raw.get("name", ""),
        namespace=raw.get("namespace", ""),
        behavior=raw.get("behavior", ""),
        type=raw.get("type", ""),
        literals=tuple(raw.get("literals", ())),
        files=tuple(raw.get("files", ())),
        envs=(*raw.get("envs", ()), *legacy),
        options=_options(raw.get("options")),
    )


def _options(raw: Mapping[str, Any] | None) -> GeneratorOptions | None:
    if raw is None:
        return None
    return GeneratorOptions(
        labels=raw.get("labels", {}),
        annotations=raw.get("annotations", {}),
        disable_name_suffix_hash=raw.get("disableNameSuffixHash", False),
        immutable=raw.get("immutable", False),
    )


def _var(raw: Mapping[str, Any]) -> Var:
    target = raw.get("objref") or {}
    group, version = target.get("group", ""), target.get("version", "")
    if target.get("apiVersion"):
        head, slash, tail = target["apiVersion"].partition("/")
        group, version = (head, tail) if slash else (group, head)
    return Var(
        name=raw.get("name", ""),
        gvk=Gvk(group, version, target.get("kind", "")),
        object_name=target.get("name", ""),
        namespace=target.get("namespace", ""),
        field_path=(raw.get("fieldref") or {}).get("fieldPath") or "metadata.name",
    )


def _sort(raw: Mapping[str, Any] | None) -> SortOptions | None:
    if raw is None:
        return None
    legacy = raw.get("legacySortOptions")
    if legacy is None:
        return SortOptions(order=raw.get("order", ""))
    return SortOptions(
        order=raw.get("order", ""),
        first=tuple(legacy.get("orderFirst", ())),
        last=tuple(legacy.get("orderLast", ())),
    )
