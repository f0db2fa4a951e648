"""From the entries of `generators`, `transformers` and `validators` to plugins that are ready to run."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from sluice.kustomize import accumulating
from sluice.kustomize.definition import decoding
from sluice.kustomize.errors import BuildError, InvalidKustomization, Refused
from sluice.kustomize.generating import charts
from sluice.kustomize.loading import reading
from sluice.kustomize.model import origins
from sluice.kustomize.model.resources import Resource, ResourceMap
from sluice.kustomize.plugins import registry
from sluice.kustomize.plugins.making import Config, Source
from sluice.kustomize.plugins.registry import Kind
from sluice.kustomize.steps import Generate, Run, Step
from sluice.kustomize.targets import Target
from sluice.kustomize.transformers import Transform

_FUNCTION = "config.kubernetes.io/function"


def generators(target: Target) -> list[Step[Generate]]:
    """Return the plugins of `generators`."""
    entries, kinds = target.kustomization.generators, registry.GENERATORS
    return list(_steps(target, "generators", entries, kinds, context="failed to load generator: "))


def transformers(target: Target) -> list[Step[Transform]]:
    """Return the plugins of `transformers`."""
    return list(_steps(target, "transformers", target.kustomization.transformers, registry.TRANSFORMERS))


def validators(target: Target) -> list[Step[Transform]]:
    """Return the plugins of `validators`: transformers, which are not to change anything there."""
    return list(_steps(target, "validators", target.kustomization.validators, registry.TRANSFORMERS))


def _steps(
    target: Target, field: str, entries: Sequence[str], kinds: Mapping[str, Kind[Run]], *, context: str = ""
) -> Iterator[Step[Run]]:
    render = partial(charts.generate, files=target.files, directory=target.directory)
    source = Source(directory=target.directory.name, read=target.read, render=render)
    known = ResourceMap(openapi=target.openapi)
    for place, file, configurations in _found(target, field, entries):
        located = partial(_located, target=target, place=place, file=file, alone=len(configurations) == 1)
        for configuration in configurations:
            try:
                known.append(configuration)
                run = _made(configuration, kinds, source)
            except BuildError as error:
                raise located(error.saying(f"{context}{error}")) from error
            origin = origins.of_plugin(configuration)
            yield Step(run=run, name=configuration.name, origin=origin, located=located)


def _found(target: Target, field: str, entries: Sequence[str]) -> Iterator[tuple[str, str, list[Resource]]]:
    """Yield entries, files and what is in them; what is written in the kustomization comes first, as in kustomize."""
    paths: list[tuple[str, str]] = []
    for at, entry in enumerate(entries):
        place = f"{field}[{at}]"
        try:
            written = _written(entry)
        except BuildError as error:
            raise target.at(place, error) from error
        if written is None:
            paths.append((place, entry))
        else:
            for configuration in written:
                configuration.origin = target.origin and origins.of_file(target.origin, target.file)
            yield place, "", written
    for place, path in paths:
        try:
            found = list(accumulating.resources_at(target, path))
        except BuildError as error:
            raise target.at(place, error) from error
        yield place, target.shown(path), found


def _written(entry: str) -> list[Resource] | None:
    """Return the configurations written in an entry, None when it is a path."""
    try:
        return reading.resources(entry)
    except BuildError:
        if "\n" in entry:
            raise
        return None


def _made(configuration: Resource, kinds: Mapping[str, Kind[Run]], source: Source) -> Run:
    if configuration.gvk.api_version != "builtin":
        raise _refused(configuration)
    kind = kinds.get(configuration.gvk.kind)
    if kind is None:
        raise _unknown(configuration, kinds)
    try:
        return kind.make(_decoded(configuration, kind), source)
    except BuildError as error:
        raise error.within(f"plugin {configuration.id} fails configuration") from error


def _decoded(configuration: Resource, kind: Kind[Run]) -> Config:
    wanted = decoding.Fields(f"{configuration.gvk.kind}Plugin", **kind.fields)
    given = configuration.obj
    if kind.minds_case:
        given = {name: value for name, value in given.items() if name in wanted.fields}
    try:
        config: Config = decoding.decode(given, wanted, lenient=True)
    except decoding.Mismatch as mismatch:
        error = InvalidKustomization(mismatch.reason, field=mismatch.field, advice=mismatch.advice)
        raise error.saying(f"error unmarshaling JSON: while decoding JSON: {mismatch}") from mismatch
    return config


def _refused(configuration: Resource) -> Refused:
    """Return the error for what would run code: programs, containers and scripts."""
    what = "a function" if _FUNCTION in configuration.strings("annotations") else "a plugin that is not built in"
    return Refused(
        f"{configuration.id.title} is {what}: nothing that a source holds is executed",
        advice="Run it before the commit and keep what it makes, or use a plugin with `apiVersion: builtin`.",
    ).saying(f"external plugins disabled; unable to load external plugin '{configuration.gvk.kind}'")


def _unknown(configuration: Resource, kinds: Mapping[str, Kind[Run]]) -> InvalidKustomization:
    name = configuration.gvk.kind
    if name in registry.GENERATORS or name in registry.TRANSFORMERS:
        is_one, is_none = ("generator", "transformer") if name in registry.GENERATORS else ("transformer", "generator")
        return InvalidKustomization(
            f"{name} is a {is_one}, not a {is_none}", field="kind", advice=f"List it under `{is_one}s`."
        ).saying(f"plugin {configuration.id} not a {is_none}")
    from sluice.kustomize import advising

    return InvalidKustomization(
        f'there is no built-in plugin "{name}"', field="kind", advice=advising.meant(name, kinds)
    ).saying(f"unable to load builtin {configuration.gvk}")


def _located(error: BuildError, target: Target, place: str, file: str, *, alone: bool) -> BuildError:
    """Return an error with its place, and the way to it through the entry; files are named as the plugin knows them."""
    if error.file:
        error = error.saying(str(error))
        error.file = target.shown(error.file)
    # In a file of several documents the same field may stand in each.
    line = target.files.line_of(target.files.root / file, error.field) if alone and file and error.field else None
    return target.at(place, error.located(file=file, line=line))
