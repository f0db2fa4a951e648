"""The entries that kustomizations and plugin configurations share: their fields, and the values made of them.

Each function takes what `decoding` has made of the fields above.
"""

from collections.abc import Mapping
from typing import Any

from sluice.kustomize.definition import decoding
from sluice.kustomize.definition.decoding import BOOL, INT, STRING, Fields, ListOf, MapOf
from sluice.kustomize.definition.kustomizations import (
    Generator,
    GeneratorOptions,
    Image,
    Labels,
    Patch,
    Replica,
    Selector,
    SortOptions,
    Var,
)
from sluice.kustomize.model import fieldspecs
from sluice.kustomize.model.ids import Gvk

SELECTOR = Fields(
    "Selector",
    group=STRING,
    version=STRING,
    kind=STRING,
    name=STRING,
    namespace=STRING,
    annotationSelector=STRING,
    labelSelector=STRING,
)
PATCH = Fields(
    "Patch",
    path=STRING,
    patch=STRING,
    target=SELECTOR,
    options=Fields("PatchArgs", allowNameChange=BOOL, allowKindChange=BOOL),
)
IMAGE = Fields("Image", name=STRING, newName=STRING, tagSuffix=STRING, newTag=STRING, digest=STRING)
OPTIONS = Fields(
    "GeneratorOptions",
    labels=MapOf(STRING),
    annotations=MapOf(STRING),
    disableNameSuffixHash=BOOL,
    immutable=BOOL,
)
GENERATOR: dict[str, decoding.Type] = {
    "namespace": STRING,
    "name": STRING,
    "behavior": STRING,
    "literals": ListOf(STRING),
    "files": ListOf(STRING),
    "envs": ListOf(STRING),
    "options": OPTIONS,
}
FIELD_SPEC = Fields("FieldSpec", group=STRING, version=STRING, kind=STRING, path=STRING, create=BOOL)
LABEL = Fields(
    "Label",
    pairs=MapOf(STRING),
    includeSelectors=BOOL,
    includeTemplates=BOOL,
    fields=ListOf(FIELD_SPEC),
)
REPLICA = Fields("Replica", name=STRING, count=INT)
VAR = Fields(
    "Var",
    name=STRING,
    objref=Fields(
        "Target", apiVersion=STRING, group=STRING, version=STRING, kind=STRING, name=STRING, namespace=STRING
    ),
    fieldref=Fields("FieldSelector", fieldPath=STRING),
)
SORT = Fields(
    "SortOptions",
    order=STRING,
    legacySortOptions=Fields("LegacySortOptions", orderFirst=ListOf(STRING), orderLast=ListOf(STRING)),
)


def selector(raw: Mapping[str, Any] | None) -> Selector | None:
    """Return which resources are meant, None where nothing is said of it."""
    if raw is None:
        return None
    parts = {part: raw.get(part, "") for part in ("group", "version", "kind", "name", "namespace")}
    return Selector(
        **parts,
        label_selector=raw.get("labelSelector", ""),
        annotation_selector=raw.get("annotationSelector", ""),
    )


def patch(raw: Mapping[str, Any]) -> Patch:
    """Return one entry of `patches` or `patchesJson6902`."""
    allowed = raw.get("options") or {}
    return Patch(
        patch=raw.get("patch", ""),
        path=raw.get("path", ""),
        target=selector(raw.get("target")),
        allow_name_change=allowed.get("allowNameChange", False),
        allow_kind_change=allowed.get("allowKindChange", False),
    )


def image(raw: Mapping[str, Any]) -> Image:
    """Return one entry of `images`."""
    return Image(
        name=raw.get("name", ""),
        new_name=raw.get("newName", ""),
        new_tag=raw.get("newTag", ""),
        digest=raw.get("digest", ""),
        tag_suffix=raw.get("tagSuffix", ""),
    )


def labels(raw: Mapping[str, Any]) -> Labels:
    """Return one entry of `labels`."""
    return Labels(
        pairs=raw.get("pairs", {}),
        include_selectors=raw.get("includeSelectors", False),
        include_templates=raw.get("includeTemplates", False),
        fields=fieldspecs.specs_of(raw.get("fields", ())),
    )


def replica(raw: Mapping[str, Any]) -> Replica:
    """Return one entry of `replicas`."""
    return Replica(name=raw.get("name", ""), count=raw.get("count", 0))


def generator(raw: Mapping[str, Any]) -> Generator:
    """Return one entry of `configMapGenerator` or `secretGenerator`."""
    return Generator(
        name=raw.get("name", ""),
        namespace=raw.get("namespace", ""),
        behavior=raw.get("behavior", ""),
        type=raw.get("type", ""),
        literals=tuple(raw.get("literals", ())),
        files=tuple(raw.get("files", ())),
        envs=tuple(raw.get("envs", ())),
        env=raw.get("env", ""),
        options=options(raw.get("options")),
    )


def options(raw: Mapping[str, Any] | None) -> GeneratorOptions | None:
    """Return what is said of generated objects, None where nothing is."""
    if raw is None:
        return None
    return GeneratorOptions(
        labels=raw.get("labels", {}),
        annotations=raw.get("annotations", {}),
        disable_name_suffix_hash=raw.get("disableNameSuffixHash", False),
        immutable=raw.get("immutable", False),
    )


def var(raw: Mapping[str, Any]) -> Var:
    """Return one entry of `vars`."""
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


def sort(raw: Mapping[str, Any] | None) -> SortOptions | None:
    """Return the order that is asked for, None where none is."""
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
