"""The built-in plugins: by kind, the fields of their configurations, and what is made of one.

Unknown fields are left out and numbers become texts, as kustomize reads these. `fieldSpecs` are all that there is:
the built-in ones belong to a kustomization's own fields.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from sluice.kustomize.definition import charts, decoding, entries, replacements
from sluice.kustomize.definition.decoding import BOOL, STRING, Fields, ListOf, MapOf
from sluice.kustomize.plugins import making
from sluice.kustomize.plugins.making import Config, Source
from sluice.kustomize.steps import Generate
from sluice.kustomize.transformers import Transform

Made = TypeVar("Made")


@dataclass(frozen=True)
class Kind(Generic[Made]):
    """What configurations of one kind hold, and what is made of one."""

    fields: Mapping[str, decoding.Type]
    make: Callable[[Config, Source], Made]
    minds_case: bool = False
    """Whether a field in another case is an unknown one: kustomize reads some kinds with another decoder."""


_SPECS = ListOf(entries.FIELD_SPEC)
_METADATA = Fields("ObjectMeta", name=STRING, namespace=STRING, labels=MapOf(STRING), annotations=MapOf(STRING))
_ACCOUNT = Fields("ServiceAccount", name=STRING, projectId=STRING)
_SERVICE = Fields("KubernetesService", name=STRING, namespace=STRING)
_PATHS = ListOf(STRING)
_REPLACEMENTS = ListOf(replacements.ENTRY)

GENERATORS: Mapping[str, Kind[Generate]] = {
    "ConfigMapGenerator": Kind({"metadata": _METADATA, **entries.GENERATOR}, making.config_map),
    "HelmChartInflationGenerator": Kind(charts.PLUGIN, making.chart),
    "IAMPolicyGenerator": Kind(
        {"cloud": STRING, "kubernetesService": _SERVICE, "serviceAccount": _ACCOUNT}, making.service_account
    ),
    "SecretGenerator": Kind({"metadata": _METADATA, "type": STRING, **entries.GENERATOR}, making.secret),
}

TRANSFORMERS: Mapping[str, Kind[Transform]] = {
    "AnnotationsTransformer": Kind({"annotations": MapOf(STRING), "fieldSpecs": _SPECS}, making.annotations),
    "HashTransformer": Kind({}, making.hashes),
    "ImageTagTransformer": Kind({"imageTag": entries.IMAGE, "fieldSpecs": _SPECS}, making.image),
    "LabelTransformer": Kind({"labels": MapOf(STRING), "fieldSpecs": _SPECS}, making.labels),
    "NamespaceTransformer": Kind(
        {"metadata": _METADATA, "fieldSpecs": _SPECS, "unsetOnly": BOOL, "setRoleBindingSubjects": STRING},
        making.namespace,
    ),
    "PatchJson6902Transformer": Kind({"target": entries.SELECTOR, "path": STRING, "jsonOp": STRING}, making.json_patch),
    "PatchStrategicMergeTransformer": Kind({"paths": _PATHS, "patches": STRING}, making.strategic_patches),
    "PatchTransformer": Kind(entries.PATCH.fields, making.patch),
    "PrefixSuffixTransformer": Kind(
        {"prefix": STRING, "suffix": STRING, "fieldSpecs": _SPECS}, making.prefix_and_suffix, minds_case=True
    ),
    "PrefixTransformer": Kind({"prefix": STRING, "fieldSpecs": _SPECS}, making.prefix, minds_case=True),
    "ReplacementTransformer": Kind({"replacements": _REPLACEMENTS}, making.replaced),
    "ReplicaCountTransformer": Kind({"replica": entries.REPLICA, "fieldSpecs": _SPECS}, making.replica_count),
    "SuffixTransformer": Kind({"suffix": STRING, "fieldSpecs": _SPECS}, making.suffix, minds_case=True),
    "ValueAddTransformer": Kind(
        {"value": STRING, "targets": making.TARGETS, "targetFilePath": STRING}, making.added_value
    ),
}
