"""`replacements`: what a kustomization, a file that it names or a plugin configuration says of them."""

from collections.abc import Mapping
from typing import Any

from sluice.kustomize.definition import entries
from sluice.kustomize.definition.decoding import BOOL, INT, STRING, Fields, ListOf
from sluice.kustomize.definition.kustomizations import (
    NAME_PATH,
    FieldOptions,
    Replacement,
    ReplacementSource,
    ReplacementTarget,
    Selector,
)
from sluice.kustomize.model.ids import Gvk, ResId

_OPTIONS = Fields("FieldOptions", delimiter=STRING, index=INT, encoding=STRING, create=BOOL)
_SOURCE = Fields(
    "SourceSelector",
    group=STRING,
    version=STRING,
    kind=STRING,
    name=STRING,
    namespace=STRING,
    fieldPath=STRING,
    options=_OPTIONS,
)
_TARGET = Fields(
    "TargetSelector",
    select=entries.SELECTOR,
    reject=ListOf(entries.SELECTOR),
    fieldPaths=ListOf(STRING),
    options=_OPTIONS,
)
REPLACEMENT = Fields("Replacement", source=_SOURCE, targets=ListOf(_TARGET), sourceValue=STRING)
"""A replacement as a file of its own has it."""
ENTRY = Fields("ReplacementField", path=STRING, **REPLACEMENT.fields)
"""A replacement as an entry of `replacements`, which may name a file instead."""


def entry(raw: Mapping[str, Any]) -> Replacement:
    """Return one entry of `replacements`; here an empty list of targets is none."""
    targets = raw.get("targets") or None
    return replacement({**raw, "targets": targets})


def replacement(raw: Mapping[str, Any]) -> Replacement:
    """Return a replacement of what `decoding` has made of its fields."""
    targets = raw.get("targets")
    return Replacement(
        source=_source(raw.get("source")),
        source_value=raw.get("sourceValue"),
        targets=None if targets is None else tuple(_target(target) for target in targets),
        path=raw.get("path", ""),
    )


def _source(raw: Mapping[str, Any] | None) -> ReplacementSource | None:
    if raw is None:
        return None
    gvk = Gvk(raw.get("group", ""), raw.get("version", ""), raw.get("kind", ""))
    return ReplacementSource(
        id=ResId(gvk, raw.get("name", ""), raw.get("namespace", "")),
        field_path=raw.get("fieldPath", ""),
        options=_options(raw.get("options")),
    )


def _target(raw: Mapping[str, Any]) -> ReplacementTarget:
    return ReplacementTarget(
        select=entries.selector(raw.get("select")),
        reject=tuple(entries.selector(each) or Selector() for each in raw.get("reject", ())),
        field_paths=tuple(raw.get("fieldPaths") or (NAME_PATH,)),
        options=_options(raw.get("options")),
    )


def _options(raw: Mapping[str, Any] | None) -> FieldOptions:
    raw = raw or {}
    return FieldOptions(delimiter=raw.get("delimiter", ""), index=raw.get("index", 0), create=raw.get("create", False))
