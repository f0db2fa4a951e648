"""One kustomization on its way through the build: its resources gathered, generated and changed, bases first."""

import bisect
import posixpath
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from sluice.kustomize import transformers
from sluice.kustomize.definition import configurations, parsing
from sluice.kustomize.definition.kustomizations import COMPONENT_KIND, KIND, Kustomization, Var
from sluice.kustomize.errors import (
    BuildError,
    DuplicateResource,
    InvalidKustomization,
    InvalidResource,
    LimitExceeded,
    MissingFile,
    Refused,
    Unreachable,
    Unsupported,
    below,
)
from sluice.kustomize.generating import generators
from sluice.kustomize.loading import crds, reading, remote, schemas
from sluice.kustomize.loading.files import KUSTOMIZATION_NAMES, Files, is_url
from sluice.kustomize.model import fieldspecs, gotext, origins
from sluice.kustomize.model.fieldspecs import Config
from sluice.kustomize.model.openapi import OpenAPI
from sluice.kustomize.model.origins import Origin
from sluice.kustomize.model.resources import Object, Resource, ResourceMap
from sluice.kustomize.transforming import variables


@dataclass
class Layer:
    """What has been gathered so far: resources, the configuration to change them by, and variables."""

    resources: ResourceMap = field(default_factory=ResourceMap)
    config: Config = field(default_factory=Config)
    variables: dict[str, Var] = field(default_factory=dict)


class Target:
    """One kustomization on its way through the build."""

    def __init__(self, files: Files, directory: Path, parent: "Target | None") -> None:
        self.files = files
        self.directory = directory
        self.kustomization = Kustomization()
        self.origin: Origin | None = None
        """The directory as seen from the top, when origins are recorded."""
        self.openapi: OpenAPI = parent.openapi if parent is not None else OpenAPI()
        self._parent = parent
        self._starts: list[int] = []
        """How many resources there were before each entry of `resources`."""
        self._depth: int = parent._depth + 1 if parent else 0
        if self._depth > files.options.limits.depth:
            raise LimitExceeded(f"kustomizations are nested deeper than {files.options.limits.depth}")

    def load(self) -> None:
        """Read the kustomization file; there must be exactly one."""
        name = self.only_file()
        if name is None:
            names = "'kustomization.yaml', 'kustomization.yml' or 'Kustomization'"
            said = f"unable to find one of {names} in directory '{self.directory}'"
            raise self._without_file().saying(said)
        shown = self.files.name(self.directory / name)
        content = self.files.read(self.directory, name)
        self.kustomization = parsing.parse(content, file=shown, directory=self.directory)

    def _without_file(self) -> MissingFile:
        from sluice.kustomize import advising

        file = self.files.name(self.directory)
        return MissingFile(
            "there is no kustomization.yaml", file=file, advice=advising.no_kustomization(self.directory)
        )

    def choose_schema(self) -> None:
        """Let the build go by the schema of this kustomization, if it has one."""
        try:
            schemas.choose(self.openapi, self.kustomization.openapi, self._read)
        except BuildError as error:
            raise self.at_own("openapi", error) from error

    def only_file(self) -> str | None:
        """Return the name of the kustomization file, None when there is none; two of them are an error."""
        found = [name for name in KUSTOMIZATION_NAMES if (self.directory / name).is_file()]
        if len(found) > 1:
            raise InvalidKustomization(
                f"has {' and '.join(found)}, of which only one may be there", file=self.files.name(self.directory)
            ).saying(f"Found multiple kustomization files under: {self.directory}\n")
        return found[0] if found else None

    def accumulate(self, layer: Layer) -> None:
        """Add this kustomization to the layer: its own one, or for a component that of its parent."""
        try:
            self._accumulate(layer)
        except BuildError as error:
            raise (error if error.file else self.at("", error)) from error

    @property
    def _name(self) -> str:
        """The kustomization file as seen from the root; of a generated one, which is nowhere, the directory."""
        path = self.directory / self._file
        return self.files.name(path if path.is_file() else self.directory)

    def at(self, field: str, error: BuildError) -> BuildError:
        """Return the error with its place, or the way to it: the given field of this kustomization file."""
        if error.file == self._name:
            return error
        where = field if error.file else below(field, error.field)
        line = self.files.line_of(self.directory / self._file, where) if where else None
        return error.located(file=self._name, line=line, field=field)

    def at_own(self, field: str, error: BuildError) -> BuildError:
        """As `at`, for errors whose files are named as the kustomization names them: from its directory."""
        if error.file:
            error = error.saying(str(error))
            error.file = self.files.name(self.files.shown(self.directory, error.file))
        return self.at(field, error)

    def _accumulate(self, layer: Layer) -> None:
        kustomization = self.kustomization
        self._refuse_what_is_not_supported()
        for at, path in enumerate(kustomization.resources):
            self._starts.append(len(layer.resources))
            try:
                self._add_resource(layer, path)
            except BuildError as error:
                raise self.at(kustomization.resource_field(at), error.within("accumulating resources")) from error
        layer.config = layer.config.merged(self._configuration())
        for at, path in enumerate(kustomization.crds):
            try:
                layer.config = layer.config.merged(crds.parse(self._read(path), file=path))
            except BuildError as error:
                raise self.at_own(
                    f"crds[{at}]", error.within(f"loading CRDs {gotext.listed(kustomization.crds)}")
                ) from error
        self._generate(layer)
        for at, path in enumerate(kustomization.components):
            try:
                self._add_component(layer, path)
            except BuildError as error:
                raise self.at(f"components[{at}]", error.within("accumulating components")) from error
        self._check_plugins(kustomization.transformers, "transformers")
        for kind, field_name, transform in transformers.of(kustomization, layer.config, self._read):
            try:
                transform(layer.resources)
            except BuildError as error:
                raise self.at_own(field_name, error) from error
            if self.origin is not None:
                origins.note(layer.resources, origins.of_builtin(self.origin, self._file, kind))
            layer.resources.drop_empty()
        self._check_plugins(kustomization.validators, "validators")
        variables.bind(layer.resources, layer.variables, kustomization.vars)

    @property
    def _file(self) -> str:
        return posixpath.basename(self.kustomization.file or KUSTOMIZATION_NAMES[0])

    def _read(self, path: str) -> bytes:
        return self.files.read(self.directory, path)

    def _refuse_what_is_not_supported(self) -> None:
        for name in self.kustomization.unsupported:
            raise Unsupported(f"field '{name}' is not supported yet", field=name)

    # -- resources ------------------------------------------------------------------------------------------

    def _add_resource(self, layer: Layer, path: str) -> None:
        """Add a file, or failing that a directory: kustomize's order, and its messages name both failures."""
        try:
            self._add_file(layer, path)
        except BuildError as file_error:
            if isinstance(file_error, LimitExceeded) or (is_url(path) and not remote.is_repository(path)):
                raise
            malformed = isinstance(file_error, InvalidResource) and "MalformedYAMLError" in str(file_error)
            try:
                files, base = self.files.base(self.directory, path)
            except BuildError as error:
                if malformed and not isinstance(error, Unreachable):
                    raise file_error from error
                # What is wrong is what is wrong with the file, unless there is none that could be meant.
                meant = not isinstance(file_error, MissingFile) or isinstance(error, MissingFile)
                fault = error if remote.is_repository(path) or not meant else file_error
                raise fault.saying(f"accumulation err='{file_error}': {error}") from error
            try:
                self._check_cycle(files, base, path)
                self._add_base(layer, self._child(files, base, path), path)
            except BuildError as error:
                raise error.saying(f"accumulation err='{file_error}': {error}") from error

    def _add_file(self, layer: Layer, path: str) -> None:
        named = remote.shown(path)
        shown = named if is_url(path) else self.files.name(self.files.shown(self.directory, path))
        try:
            try:
                found = self._read_ahead(path) or reading.resources(self._read(path), file=shown)
            except InvalidResource as error:
                if "MalformedYAMLError" in str(error):
                    raise error.saying(f"{error} in File: {named}") from error
                raise
            self._check_unique(found)
        except BuildError as error:
            raise error.within(f"accumulating resources from '{named}'") from error
        if self.origin is not None:
            for resource in found:
                resource.origin = origins.of_file(self.origin, path)
        try:
            self._extend(layer, found, f"merging resources from '{named}'")
        except BuildError as error:
            raise error.located(file=shown) from error

    def _read_ahead(self, path: str) -> list[Resource]:
        """Return what an overlay has already read to see whether it is a manifest."""
        objects = self.files.ahead.pop(self.files.shown(self.directory, path), ())
        return [Resource(obj) for obj in objects]

    def _check_unique(self, found: list[Resource]) -> None:
        if len(found) > 1:
            ResourceMap(found, openapi=self.openapi)

    def _extend(self, layer: Layer, found: Iterable[Resource], context: str) -> None:
        for resource in found:
            try:
                layer.resources.append(resource)
            except DuplicateResource as error:
                raise self._twice(layer, resource).saying(f"{context}: {error}") from error
        most = self.files.options.limits.resources
        if len(layer.resources) > most:
            raise LimitExceeded(f"the build has more than {most} resources")

    def _twice(self, layer: Layer, resource: Resource) -> DuplicateResource:
        """Return the error for a resource that is there already, with the entry that brought it."""
        key = resource.id.key
        position = next(at for at, other in enumerate(layer.resources) if other.id.key == key)
        entry = bisect.bisect_right(self._starts, position) - 1
        origin = (
            f'"{remote.shown(self.kustomization.resources[entry])}"'
            if entry >= 0
            else "what this component is added to"
        )
        return DuplicateResource(
            f"{resource.id.title} is already there, from {origin}", advice="To change what is there, use `patches`."
        )

    def _add_base(self, layer: Layer, target: "Target", path: str) -> None:
        base = target.directory
        if target.kustomization.kind == COMPONENT_KIND:
            raise InvalidKustomization(
                f'"{remote.shown(path)}" is a {COMPONENT_KIND}, not a {KIND}', advice="List it under `components`."
            ).saying(f"expected kind != '{COMPONENT_KIND}' for path '{base}'")
        inner = Layer(ResourceMap(openapi=self.openapi))
        try:
            target.accumulate(inner)
        except BuildError as error:
            raise error.within(f"recursed accumulation of path '{base}'") from error
        self._extend(layer, inner.resources, f"recursed merging from path '{base}'")
        layer.config = layer.config.merged(inner.config)
        variables.join(layer.variables, inner.variables)

    def _add_component(self, layer: Layer, path: str) -> None:
        try:
            files, base = self.files.base(self.directory, path)
            self._check_cycle(files, base, path)
        except BuildError as error:
            raise error.saying(f"loader.New {gotext.quoted(str(error))}") from error
        try:
            target = self._child(files, base, path)
            if target.kustomization.kind != COMPONENT_KIND:
                kind = target.kustomization.kind
                raise InvalidKustomization(
                    f'"{remote.shown(path)}" is a {kind}, not a {COMPONENT_KIND}', advice="List it under `resources`."
                ).saying(f"expected kind '{COMPONENT_KIND}' for path '{base}' but got '{kind}'")
            try:
                target.accumulate(layer)
            except BuildError as error:
                raise error.within(f"recursed accumulation of path '{base}'") from error
        except BuildError as error:
            raise error.saying(f"accumulateDirectory: {gotext.quoted(str(error))}") from error

    def _child(self, files: Files, base: Path, path: str) -> "Target":
        target = Target(files, base, self)
        try:
            target.load()
        except BuildError as error:
            raise error.within(f"couldn't make target for path '{base}'") from error
        target.choose_schema()
        if self.origin is not None:
            target.origin = self.origin.joined(path)
        return target

    def _check_cycle(self, files: Files, base: Path, path: str) -> None:
        target: Target | None = self
        while target is not None:
            # Each reference to a repository is a root of its own, which has not been visited before.
            if target.files is files and target.directory.is_relative_to(base):
                raise InvalidKustomization(
                    f'"{path}" is what is being built, or holds it: a circle', advice="Take one of its entries out."
                ).saying(f"cycle detected: candidate root '{base}' contains visited root '{target.directory}'")
            target = target._parent

    # -- generators and transformers ------------------------------------------------------------------------

    def _configuration(self) -> Config:
        """Return the built-in configuration, joined by those of the kustomization."""
        if not self.kustomization.configurations:
            return fieldspecs.builtin()
        custom = Config()
        for at, path in enumerate(self.kustomization.configurations):
            try:
                custom = custom.merged(configurations.parse(self._read(path), file=path))
            except BuildError as error:
                raise self.at_own(f"configurations[{at}]", error) from error
        return fieldspecs.builtin().merged(custom)

    def _generate(self, layer: Layer) -> None:
        kustomization = self.kustomization
        common = kustomization.generator_options
        for kind, field_name, make, entries in (
            ("ConfigMapGenerator", "configMapGenerator", generators.config_map, kustomization.config_maps),
            ("SecretGenerator", "secretGenerator", generators.secret, kustomization.secrets),
        ):
            for at, generator in enumerate(entries):
                place = f"{field_name}[{at}]"
                try:
                    resource = make(generator, common, self._read)
                except BuildError as error:
                    raise self.at_own(place, error) from error
                if self.origin is not None:
                    resource.origin = origins.of_builtin(self.origin, self._file, kind)
                try:
                    layer.resources.absorb(resource)
                except BuildError as error:
                    raise self.at(place, error.within(f"merging from generator {generator.name}")) from error
        try:
            self._check_plugins(kustomization.generators, "generators")
        except Refused as error:
            raise error.within("loading generator plugins: failed to load generator") from error

    def _check_plugins(self, entries: tuple[str, ...], field_name: str) -> None:
        """Refuse what would run code, and say of the rest that it is not supported yet."""
        for entry in entries:
            for obj in self._plugin_configurations(entry):
                kind = str(obj.get("kind"))
                if obj.get("apiVersion") != "builtin":
                    raise Refused(
                        f"external plugins disabled; unable to load external plugin '{kind}'",
                        file=self._name,
                        field=field_name,
                    )
                raise Unsupported(
                    f"builtin plugin '{kind}' in '{field_name}' is not supported yet", file=self._name, field=field_name
                )

    def _plugin_configurations(self, entry: str) -> list[Object]:
        try:
            return reading.objects(entry)
        except BuildError:
            layer = Layer(ResourceMap(openapi=self.openapi))
            self._add_resource(layer, entry)
            return [resource.obj for resource in layer.resources]
