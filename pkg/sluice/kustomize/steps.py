"""What a layer goes through: generators, transformers and validators, those of fields and those of plugins alike."""

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from sluice.kustomize import transformers
from sluice.kustomize.errors import BuildError
from sluice.kustomize.generating import generators, sealed
from sluice.kustomize.layers import Layer
from sluice.kustomize.model import origins
from sluice.kustomize.model.resources import Object, Resource
from sluice.kustomize.targets import Target
from sluice.kustomize.transformers import Transform

Generate = Callable[[], Iterable[Resource]]
Run = TypeVar("Run")


@dataclass(frozen=True, kw_only=True, slots=True)
class Step(Generic[Run]):
    """One generator or transformer."""

    run: Run
    name: str
    origin: Object | None
    """What origins tell of it, when they are recorded."""
    located: Callable[[BuildError], BuildError]
    """Returns an error of its with the place."""


def generate(target: Target, layer: Layer) -> None:
    """Add what the generators make, or put it in the place of what is there."""
    plugins = _plugin_generators(target)
    for step in (*_generators(target), *_charts(target), *plugins):
        try:
            made = step.run()
        except BuildError as error:
            raise step.located(error) from error
        try:
            for resource in made:
                resource.origin = step.origin
                layer.resources.absorb(resource)
        except BuildError as error:
            raise step.located(error.within(f"merging from generator {step.name}")) from error


def transform(target: Target, layer: Layer) -> None:
    """Change the resources, fields first."""
    plugins = _plugin_transformers(target)
    for step in itertools.chain(_transformers(target, layer), plugins):
        try:
            step.run(layer.resources)
        except BuildError as error:
            raise step.located(error) from error
        if step.origin is not None:
            origins.note(layer.resources, step.origin)
        layer.resources.drop_empty()


def validate(target: Target, layer: Layer) -> None:
    """Run the validators, which may fail but not change anything."""
    if not target.kustomization.validators:
        return
    from sluice.kustomize.plugins import configurations, validating

    for step in configurations.validators(target):
        try:
            validating.apply(layer.resources, step.run)
        except BuildError as error:
            raise step.located(error) from error


def _generators(target: Target) -> Iterator[Step[Generate]]:
    kustomization = target.kustomization
    common = kustomization.generator_options
    for kind, field, make, entries in (
        ("ConfigMapGenerator", "configMapGenerator", generators.config_map, kustomization.config_maps),
        ("SecretGenerator", "secretGenerator", generators.secret, kustomization.secrets),
    ):
        for at, entry in enumerate(entries):
            read = sealed.of_generator(target, entry) if kind == "SecretGenerator" else target.read
            run = partial(make, entry, common, read)
            yield _of_field(target, kind, f"{field}[{at}]", run, name=entry.name)


def _charts(target: Target) -> Iterator[Step[Generate]]:
    if not target.kustomization.charts:
        return
    from sluice.kustomize.generating import charts

    for chart in target.kustomization.charts:
        placed = chart if chart.namespace else chart._replace(namespace=target.namespace)
        run = partial(charts.generate, placed, target.files, target.directory)
        yield _of_field(target, "HelmChartInflationGenerator", chart.place, run, name=chart.name)


def _transformers(target: Target, layer: Layer) -> Iterator[Step[Transform]]:
    for kind, field, run in transformers.of(target.kustomization, layer.config, target.read, sealed.of_patches(target)):
        yield _of_field(target, kind, field, run)


def _of_field(target: Target, kind: str, field: str, run: Run, *, name: str = "") -> Step[Run]:
    origin = origins.of_builtin(target.origin, target.file, kind) if target.origin is not None else None
    return Step(run=run, name=name, origin=origin, located=partial(target.at_own, field))


# Most kustomizations have no plugins: only those that have some import what makes them.


def _plugin_generators(target: Target) -> list[Step[Generate]]:
    if not target.kustomization.generators:
        return []
    from sluice.kustomize.plugins import configurations

    try:
        return configurations.generators(target)
    except BuildError as error:
        raise error.within("loading generator plugins") from error


def _plugin_transformers(target: Target) -> list[Step[Transform]]:
    if not target.kustomization.transformers:
        return []
    from sluice.kustomize.plugins import configurations

    return configurations.transformers(target)
