"""Labels and annotations for everything, selectors and templates included where asked."""

from collections.abc import Mapping
from typing import Any

from sluice.kustomize.definition.kustomizations import Labels
from sluice.kustomize.model import fieldspecs
from sluice.kustomize.model.fieldspecs import Config, FieldSpec, Make, Specs
from sluice.kustomize.model.ids import Gvk
from sluice.kustomize.model.resources import ResourceMap

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

    def setter(value: Any) -> Any:
        if value is None:
            return dict(ordered)
        if not isinstance(value, dict):
            raise fieldspecs.stray("wrong node kind: expected MappingNode but got another")
        value.update(ordered)
        return value

    for resource in resources:
        for spec in specs:
            fieldspecs.apply(resource, spec, setter, make=Make.MAPPING)
