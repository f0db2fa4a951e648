"""A kustomization's resources gathered, bases first, then generated and changed."""

import bisect
from collections.abc import Iterable
from dataclasses import dataclass, field

from sluice import gotext
from sluice.kustomize import steps
from sluice.kustomize.definition import configurations
from sluice.kustomize.definition.kustomizations import COMPONENT_KIND, KIND
from sluice.kustomize.errors import (
    BuildError,
    DuplicateResource,
    InvalidKustomization,
    InvalidResource,
    LimitExceeded,
    MissingFile,
    Unreachable,
)
from sluice.kustomize.layers import Layer
from sluice.kustomize.loading import crds, reading, remote
from sluice.kustomize.loading.files import is_url
from sluice.kustomize.model import bookkeeping, fieldspecs, origins
from sluice.kustomize.model.fieldspecs import Config
from sluice.kustomize.model.resources import Resource, ResourceMap
from sluice.kustomize.targets import Target
from sluice.kustomize.transforming import variables


def accumulate(target: Target, layer: Layer) -> None:
    """Add a kustomization to the layer: its own one, or for a component that of its parent."""
    try:
        _Accumulation(target, layer).run()
    except BuildError as error:
        raise (error if error.file else target.at("", error)) from error


def resources_at(target: Target, path: str) -> ResourceMap:
    """Return what an entry of `resources` would bring, by itself."""
    layer = Layer(ResourceMap(openapi=target.openapi))
    _Accumulation(target, layer).add_resource(path)
    return layer.resources


@dataclass
class _Accumulation:
    """One kustomization on its way into a layer."""

    target: Target
    layer: Layer
    starts: list[int] = field(default_factory=list)
    """How many resources there were before each entry of `resources`."""

    def run(self) -> None:
        """Do what the kustomization says, in kustomize's order."""
        target, layer, kustomization = self.target, self.layer, self.target.kustomization
        for at, path in enumerate(kustomization.resources):
            self.starts.append(len(layer.resources))
            try:
                self.add_resource(path)
            except BuildError as error:
                raise target.at(kustomization.resource_field(at), error.within("accumulating resources")) from error
        self._configure()
        steps.generate(target, layer)
        for at, path in enumerate(kustomization.components):
            try:
                self._add_component(path)
            except BuildError as error:
                raise target.at(f"components[{at}]", error.within("accumulating components")) from error
        steps.transform(target, layer)
        steps.validate(target, layer)
        variables.bind(layer.resources, layer.variables, kustomization.vars, target.name)

    def add_resource(self, path: str) -> None:
        """Add a file, or failing that a directory: kustomize's order, and its messages name both failures."""
        try:
            self._add_file(path)
        except LimitExceeded:
            raise
        except BuildError as error:
            if is_url(path) and not remote.is_repository(path):
                raise
            self._add_directory(path, error)

    def _add_directory(self, path: str, file_error: BuildError) -> None:
        context = f"accumulation err='{file_error}'"
        if not path:
            said = f"{context}: new root cannot be empty"
            raise MissingFile("is empty, where a path is wanted").saying(said) from file_error
        try:
            files, base = self.target.files.base(self.target.directory, path)
        except BuildError as error:
            raise _neither(path, file_error, error, context) from error
        try:
            self.target.check_cycle(files, base, path)
            self._add_base(self.target.child(files, base, path), path)
        except BuildError as error:
            raise error.saying(f"{context}: {error}") from error

    def _add_file(self, path: str) -> None:
        named, shown = remote.shown(path), self.target.shown(path)
        try:
            found = self._read(path, shown)
        except BuildError as error:
            raise error.within(f"accumulating resources from '{named}'") from error
        if self.target.origin is not None:
            for resource in found:
                resource.origin = origins.of_file(self.target.origin, path)
        try:
            self._extend(found, f"merging resources from '{named}'")
        except BuildError as error:
            raise error.located(file=shown) from error

    def _read(self, path: str, shown: str) -> list[Resource]:
        """Return the resources of a file, no two of them the same."""
        try:
            # An overlay has perhaps read it already, to see whether it is a manifest.
            ahead = self.target.files.ahead.pop(self.target.files.shown(self.target.directory, path), ())
            found = [Resource(obj) for obj in ahead] or reading.resources(self.target.read(path), file=shown)
        except InvalidResource as error:
            if "MalformedYAMLError" in str(error):
                raise error.saying(f"{error} in File: {remote.shown(path)}") from error
            raise
        try:
            for resource in found:
                bookkeeping.adopt(resource)
            if len(found) > 1:
                ResourceMap(found, openapi=self.target.openapi)
        except BuildError as error:
            raise error.located(file=shown) from error
        return found

    def _extend(self, found: Iterable[Resource], context: str) -> None:
        for resource in found:
            try:
                self.layer.resources.append(resource)
            except DuplicateResource as error:
                raise self._twice(resource).saying(f"{context}: {error}") from error
        most = self.target.files.options.limits.resources
        if len(self.layer.resources) > most:
            raise LimitExceeded(f"the build has more than {most} resources")

    def _twice(self, resource: Resource) -> DuplicateResource:
        """Return the error for a resource that is there already, with the entry that brought it."""
        key = resource.id.key
        position = next(at for at, other in enumerate(self.layer.resources) if other.id.key == key)
        entry = bisect.bisect_right(self.starts, position) - 1
        origin = (
            f'"{remote.shown(self.target.kustomization.resources[entry])}"'
            if entry >= 0
            else "what this component is added to"
        )
        return DuplicateResource(
            f"{resource.id.title} is already there, from {origin}", advice="To change what is there, use `patches`."
        )

    def _add_base(self, target: Target, path: str) -> None:
        base = target.directory
        if target.kustomization.kind == COMPONENT_KIND:
            raise InvalidKustomization(
                f'"{remote.shown(path)}" is a {COMPONENT_KIND}, not a {KIND}', advice="List it under `components`."
            ).saying(f"expected kind != '{COMPONENT_KIND}' for path '{base}'")
        inner = Layer(ResourceMap(openapi=self.target.openapi))
        try:
            accumulate(target, inner)
        except BuildError as error:
            raise error.within(f"recursed accumulation of path '{base}'") from error
        self._extend(inner.resources, f"recursed merging from path '{base}'")
        self.layer.config = self.layer.config.merged(inner.config)
        variables.join(self.layer.variables, inner.variables)

    def _add_component(self, path: str) -> None:
        try:
            files, base = self.target.files.base(self.target.directory, path)
            self.target.check_cycle(files, base, path)
        except BuildError as error:
            raise error.saying(f"loader.New {gotext.quoted(str(error))}") from error
        try:
            target = self.target.child(files, base, path)
            if target.kustomization.kind != COMPONENT_KIND:
                kind = target.kustomization.kind
                raise InvalidKustomization(
                    f'"{remote.shown(path)}" is a {kind}, not a {COMPONENT_KIND}', advice="List it under `resources`."
                ).saying(f"expected kind '{COMPONENT_KIND}' for path '{base}' but got '{kind}'")
            try:
                accumulate(target, self.layer)
            except BuildError as error:
                raise error.within(f"recursed accumulation of path '{base}'") from error
        except BuildError as error:
            raise error.saying(f"accumulateDirectory: {gotext.quoted(str(error))}") from error

    def _configure(self) -> None:
        """Join what `configurations` and `crds` say of fields to what is known of them."""
        target, layer, kustomization = self.target, self.layer, self.target.kustomization
        layer.config = layer.config.merged(_configuration(target))
        for at, path in enumerate(kustomization.crds):
            try:
                layer.config = layer.config.merged(crds.parse(target.read(path), file=path))
            except BuildError as error:
                context = f"loading CRDs {gotext.listed(kustomization.crds)}"
                raise target.at_own(f"crds[{at}]", error.within(context)) from error


def _neither(path: str, as_file: BuildError, as_directory: BuildError, context: str) -> BuildError:
    """Return the error for what is neither a file of resources nor a directory: what is wrong with what was meant."""
    malformed = isinstance(as_file, InvalidResource) and "MalformedYAMLError" in str(as_file)
    if malformed and not isinstance(as_directory, Unreachable):
        return as_file
    if remote.is_repository(path):
        file_was_meant = remote.names_manifest(path)
    else:
        file_was_meant = not isinstance(as_file, MissingFile) or isinstance(as_directory, MissingFile)
    return (as_file if file_was_meant else as_directory).saying(f"{context}: {as_directory}")


def _configuration(target: Target) -> Config:
    """Return the built-in configuration, joined by those of the kustomization."""
    if not target.kustomization.configurations:
        return fieldspecs.builtin()
    custom = Config()
    for at, path in enumerate(target.kustomization.configurations):
        try:
            custom = custom.merged(configurations.parse(target.read(path), file=path))
        except BuildError as error:
            raise target.at_own(f"configurations[{at}]", error) from error
    try:
        return fieldspecs.builtin().merged(custom)
    except BuildError as error:
        raise target.at("configurations", error) from error
