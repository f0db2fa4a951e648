"""What is made of each kind of configuration: a generator or transformer of the kustomization's own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from sluice import yamlio
from sluice.kustomize.definition import charts, decoding, entries, replacements
from sluice.kustomize.definition.charts import HelmChart
from sluice.kustomize.definition.decoding import INT, STRING, Fields, ListOf
from sluice.kustomize.definition.kustomizations import Generator, Patch
from sluice.kustomize.errors import BuildError, InvalidKustomization
from sluice.kustomize.generating import generators, policies
from sluice.kustomize.generating.keyvalues import Read
from sluice.kustomize.model import fieldspecs
from sluice.kustomize.model.fieldspecs import Specs
from sluice.kustomize.model.resources import Resource, ResourceMap
from sluice.kustomize.patching import patches
from sluice.kustomize.steps import Generate
from sluice.kustomize.transformers import Transform
from sluice.kustomize.transforming import images, labelling, namespaces, naming, replicas, values
from sluice.kustomize.transforming import replacements as replacing
from sluice.kustomize.transforming.namespaces import Subjects
from sluice.kustomize.transforming.values import Destination

Config = Mapping[str, Any]
"""The fields of a configuration, decoded."""

TARGETS = ListOf(Fields("Target", selector=entries.SELECTOR, fieldPath=STRING, filePathPosition=INT))
"""Where a value is added; a file may hold them too."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """The kustomization that names the plugin, as far as plugins need to know it."""

    directory: str
    """The name of its directory."""
    read: Read
    render: Callable[[HelmChart], list[Resource]]
    """Returns what a Helm chart that it names stands for."""


def annotations(config: Config, _source: Source) -> Transform:
    """Annotations, where `fieldSpecs` say."""
    return partial(labelling.apply, pairs=config.get("annotations", {}), specs=_specs(config))


def labels(config: Config, _source: Source) -> Transform:
    """Labels, where `fieldSpecs` say."""
    return partial(labelling.apply, pairs=config.get("labels", {}), specs=_specs(config))


def hashes(_config: Config, _source: Source) -> Transform:
    """The hashes of generated resources, which come once more at the end."""
    return naming.add_hashes


def image(config: Config, _source: Source) -> Transform:
    """One entry of `images`."""
    return partial(images.apply, images=(entries.image(config.get("imageTag", {})),), specs=_specs(config))


def namespace(config: Config, _source: Source) -> Transform:
    """The namespace that the configuration itself is in, unless it is in none."""
    wanted = config.get("metadata", {}).get("namespace", "")
    mode = config.get("setRoleBindingSubjects", "")
    known = {subjects.value: subjects for subjects in Subjects} | {"": Subjects.DEFAULT_ONLY}
    if mode not in known:
        wanted_modes = '"defaultOnly", "none" or "allServiceAccounts"'
        raise InvalidKustomization(f'"{mode}" is none of {wanted_modes}', field="setRoleBindingSubjects").saying(
            f'invalid value "{mode}" for setRoleBindingSubjects: must be one of {wanted_modes}'
        )
    if not wanted:
        return _nothing
    unset_only = config.get("unsetOnly", False)
    return partial(
        namespaces.apply, namespace=wanted, specs=_specs(config), subjects=known[mode], unset_only=unset_only
    )


def patch(config: Config, source: Source) -> Transform:
    """One entry of `patches`."""
    return partial(patches.apply, patch=entries.patch(config), read=source.read)


def json_patch(config: Config, source: Source) -> Transform:
    """One entry of `patchesJson6902`."""
    entry = Patch(
        patch=config.get("jsonOp", ""), path=config.get("path", ""), target=entries.selector(config.get("target"))
    )
    return partial(patches.apply_json6902, patch=entry, read=source.read)


def strategic_patches(config: Config, source: Source) -> Transform:
    """The field `patchesStrategicMerge`: paths, patches in place of paths, and a text of patches."""
    text = config.get("patches", "")
    given = (*config.get("paths", ()), *([text] if text else ()))
    return _within("paths", partial(patches.apply_strategic, entries=given, read=source.read))


def prefix(config: Config, _source: Source) -> Transform:
    """The field `namePrefix`; unlike all others it must be told where."""
    return partial(naming.add_prefix, prefix=config.get("prefix", ""), specs=_demanded_specs(config))


def suffix(config: Config, _source: Source) -> Transform:
    """The field `nameSuffix`; unlike all others it must be told where."""
    return partial(naming.add_suffix, suffix=config.get("suffix", ""), specs=_demanded_specs(config))


def prefix_and_suffix(config: Config, source: Source) -> Transform:
    """Both."""
    both = prefix(config, source), suffix(config, source)

    def transform(resources: ResourceMap) -> None:
        for each in both:
            each(resources)

    return transform


def replica_count(config: Config, _source: Source) -> Transform:
    """One entry of `replicas`."""
    return partial(replicas.apply, replica=entries.replica(config.get("replica", {})), specs=_specs(config))


def added_value(config: Config, source: Source) -> Transform:
    """A value, by default the name of the kustomization's directory, for several fields."""
    targets = [*config.get("targets", ()), *_targets_of_file(config.get("targetFilePath", ""), source)]
    if not targets:
        raise InvalidKustomization("is empty", field="targets").saying("must specify at least one target")
    destinations = [_destination(target, f"targets[{at}]") for at, target in enumerate(targets)]
    return partial(values.apply, value=config.get("value", "").strip() or source.directory, destinations=destinations)


def replaced(config: Config, source: Source) -> Transform:
    """The field `replacements`."""
    found = [replacements.entry(entry) for entry in config.get("replacements", ())]
    return _within("replacements", partial(replacing.apply, entries=found, read=source.read))


def config_map(config: Config, source: Source) -> Generate:
    """One entry of `configMapGenerator`."""
    return partial(generators.config_map, _generator(config), None, source.read)


def secret(config: Config, source: Source) -> Generate:
    """One entry of `secretGenerator`."""
    return partial(generators.secret, _generator(config), None, source.read)


def chart(config: Config, source: Source) -> Generate:
    """One entry of `helmCharts`, with its own globals."""
    return partial(source.render, charts.chart(config))


def service_account(config: Config, _source: Source) -> Generate:
    """A ServiceAccount that acts as an account of a cloud provider."""
    account, service = config.get("serviceAccount", {}), config.get("kubernetesService", {})
    return partial(
        policies.service_account,
        cloud=config.get("cloud", ""),
        account=account.get("name", ""),
        project=account.get("projectId", ""),
        name=service.get("name", ""),
        namespace=service.get("namespace", ""),
    )


def _within(field: str, change: Transform) -> Transform:
    """Return the transformer with its errors about entries of a field naming it."""

    def transform(resources: ResourceMap) -> None:
        try:
            change(resources)
        except BuildError as error:
            raise (error if error.file else error.located(field=field)) from error

    return transform


def _nothing(_resources: ResourceMap) -> None:
    """Change nothing."""


def _specs(config: Config) -> Specs:
    return fieldspecs.specs_of(config.get("fieldSpecs", ()))


def _demanded_specs(config: Config) -> Specs:
    if "fieldSpecs" not in config:
        advice = "Name the fields: `[{path: metadata/name}]`, say."
        raise InvalidKustomization("is missing", field="fieldSpecs", advice=advice).saying(
            "fieldSpecs is not expected to be nil"
        )
    return _specs(config)


def _generator(config: Config) -> Generator:
    """Return the generator; its object is named as its configuration unless it says otherwise."""
    found, metadata = entries.generator(config), config.get("metadata", {})
    return found._replace(
        name=found.name or metadata.get("name", ""),
        namespace=found.namespace or metadata.get("namespace", ""),
    )


def _targets_of_file(path: str, source: Source) -> list[Config]:
    if not path:
        return []
    try:
        raw = yamlio.load(source.read(path), source=path)
        found = decoding.decode({} if raw is None else raw, Fields("", targets=TARGETS), lenient=True)
    except yamlio.YAMLError as error:
        raise InvalidKustomization(f"is not YAML: {error.reason}", file=path, line=error.line).saying(
            str(error)
        ) from error
    except decoding.Mismatch as mismatch:
        raise InvalidKustomization(str(mismatch), file=path, field=mismatch.field) from mismatch
    targets: list[Config] = found.get("targets", [])
    return targets


def _destination(target: Config, place: str) -> Destination:
    path, position = target.get("fieldPath", ""), target.get("filePathPosition", 0)
    if not path:
        raise InvalidKustomization("is empty", field=f"{place}.fieldPath").saying("fieldPath cannot be empty")
    if position < 0:
        raise InvalidKustomization("is negative", field=f"{place}.filePathPosition").saying(
            f"value of FilePathPosition ({position}) cannot be negative"
        )
    return Destination(path=path, selector=entries.selector(target.get("selector")), position=position)
