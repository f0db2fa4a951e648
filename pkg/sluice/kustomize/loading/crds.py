"""The field `crds`: definitions of custom kinds, whose extensions say where names, labels and annotations stand.

A file holds a mapping of type names to definitions, as gen-openapi makes them; only types that look like objects
(`apiVersion`, `kind`, `metadata`) count, and the last part of a type's name is its kind.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sluice import yamlio
from sluice.kustomize.errors import InvalidKustomization, LimitExceeded
from sluice.kustomize.loading import jsontexts, reading
from sluice.kustomize.model import fieldspecs
from sluice.kustomize.model.fieldspecs import Config, FieldSpec, NameReferences
from sluice.kustomize.model.ids import Gvk

_PROPERTIES = 100_000
"""More than this are not followed: a few types that refer to each other can make any number of paths."""


def parse(content: bytes, *, file: str = "") -> Config:
    """Return the configuration that the definitions in `content` stand for; InvalidKustomization, LimitExceeded."""
    found = _Found({name: _properties(definition, name, file) for name, definition in _types(content, file).items()})
    for name, properties in found.types.items():
        if {"apiVersion", "kind", "metadata"} <= properties.keys():
            found.follow(Gvk(kind=name.rpartition(".")[2]), name, (), file)
    return Config().merged(
        Config(
            name_prefix=fieldspecs.merge((), found.identities),
            common_labels=fieldspecs.merge((), found.labels),
            common_annotations=fieldspecs.merge((), found.annotations),
            name_reference=tuple(found.references),
        )
    )


@dataclass
class _Found:
    """The types of a file, and the fields found in them."""

    types: Mapping[str, Mapping[str, Any]]
    identities: list[FieldSpec] = field(default_factory=list)
    labels: list[FieldSpec] = field(default_factory=list)
    annotations: list[FieldSpec] = field(default_factory=list)
    references: list[NameReferences] = field(default_factory=list)
    _seen: int = 0

    def follow(self, gvk: Gvk, type_name: str, way: tuple[tuple[str, str], ...], file: str) -> None:
        """Note the fields of a type and of those that it refers to; `way` are the types and properties passed."""
        if any(type_name == passed for passed, _ in way):
            raise InvalidKustomization(f'the type "{type_name}" refers to itself', file=file, field="crds")
        for name, extensions in self.types.get(type_name, {}).items():
            self._seen += 1
            if self._seen > _PROPERTIES:
                raise LimitExceeded(f"more than {_PROPERTIES} properties to look at", file=file, field="crds")
            path = (*(passed for _, passed in way), name)
            self._note(gvk, path, extensions)
            reference = extensions.get("$ref")
            if isinstance(reference, str) and reference:
                self.follow(gvk, reference, (*way, (type_name, name)), file)

    def _note(self, gvk: Gvk, path: tuple[str, ...], extensions: Mapping[str, Any]) -> None:
        spec = FieldSpec(gvk, "/".join(path))
        for extension, specs in (
            ("x-kubernetes-annotation", self.annotations),
            ("x-kubernetes-label-selector", self.labels),
            ("x-kubernetes-identity", self.identities),
        ):
            if isinstance(extensions.get(extension), str):
                specs.append(spec)
        version, kind, name_key = (
            extensions.get(f"x-kubernetes-object-ref-{part}") for part in ("api-version", "kind", "name-key")
        )
        if isinstance(version, str) and isinstance(kind, str):
            name = name_key if isinstance(name_key, str) else "name"
            self.references.append(
                NameReferences(Gvk(version=version, kind=kind), (FieldSpec(gvk, f"{spec.path}/{name}"),))
            )


def _types(content: bytes, file: str) -> Mapping[str, Any]:
    try:
        is_json = content.startswith(b"{")
        types = jsontexts.load(content, file=file) if is_json else yamlio.load(content, last_wins=True)
    except yamlio.YAMLError as error:
        raise reading.malformed(content, error, file) from error
    if types is None and content:
        return {}
    if not isinstance(types, dict):
        raise InvalidKustomization("holds no mapping of type names to definitions", file=file)
    return types


def _properties(definition: Any, name: str, file: str) -> Mapping[str, Any]:
    if definition is not None and not isinstance(definition, dict):
        raise InvalidKustomization(
            f'"{name}" is no definition of a type: here stand OpenAPI definitions by type name, no manifests',
            file=file,
            field=name,
        )
    schema = next(_of_any_case(definition or {}, "schema"), None)
    properties = schema.get("properties") if isinstance(schema, dict) else None
    found = properties if isinstance(properties, dict) else {}
    return {key: value if isinstance(value, dict) else {} for key, value in found.items()}


def _of_any_case(mapping: Mapping[str, Any], name: str) -> Iterator[Any]:
    return (value for key, value in mapping.items() if key.lower() == name)
