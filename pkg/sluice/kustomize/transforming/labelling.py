"""Labels and annotations for everything, selectors and templates included where asked."""

from collections.abc import Mapping, Sequence
from typing import Any

from sluice.kustomize.definition.kustomizations import Labels
from sluice.kustomize.model import fieldspecs
from sluice.kustomize.model.fieldspecs import Config, FieldSpec, Make, Specs
from sluice.kustomize.model.ids import Gvk
from sluice.kustomize.model.resources import Resource, ResourceMap
from sluice.kustomize.model.twins import Twins

METADATA_LABELS = FieldSpec(Gvk(), "metadata/labels", create=True)


def specs_of(labels: Labels, config: Config) -> Specs:
    """Return where one entry of `labels` goes."""
    specs = fieldspecs.merge(labels.fields, config.labels)
    if labels.include_selectors:
        return fieldspecs.merge(specs, config.common_labels)
    if labels.include_templates:
        specs = fieldspecs.merge(specs, config.template_labels)
    return fieldspecs.merge(specs, (METADATA_LABELS,))


def apply(resources: ResourceMap, pairs: Mapping[str, str], specs: Specs) -> None:
    """Set the pairs in every mapping that `specs` lead to."""
    if not pairs:
        return
    ordered = dict(sorted(pairs.items()))
    by_path = fieldspecs.ByKind(sorted(specs, key=lambda spec: spec.parts))
    for resource in resources:
        _label(resource, ordered, by_path.of(resource.gvk))


def _label(resource: Resource, pairs: Mapping[str, str], specs: Sequence[FieldSpec]) -> None:
    added: dict[str, list[dict[str, Any]]] = {key: [] for key in pairs}

    def setter(value: Any) -> Any:
        if value is None:
            value = {}
        if not isinstance(value, dict):
            raise fieldspecs.stray("wrong node kind: expected MappingNode but got another")
        for key, text in pairs.items():
            if key not in value:
                added[key].append(value)
            value[key] = text
        return value

    for spec in specs:
        fieldspecs.apply(resource, spec, setter, make=Make.MAPPING)
    resource.settle()
    resource.twins += [Twins(key, pairs[key], holders) for key, holders in added.items() if len(holders) > 1]
