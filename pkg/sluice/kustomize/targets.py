"""One kustomization of the tree that is built: where it is, what it says, and what it can reach."""

import posixpath
from pathlib import Path

from sluice.kustomize.definition import parsing
from sluice.kustomize.definition.kustomizations import Kustomization
from sluice.kustomize.errors import BuildError, InvalidKustomization, LimitExceeded, MissingFile, below
from sluice.kustomize.loading import remote, schemas
from sluice.kustomize.loading.files import KUSTOMIZATION_NAMES, Files, is_url
from sluice.kustomize.model.openapi import OpenAPI
from sluice.kustomize.model.origins import Origin


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
        for warning in self.kustomization.warnings:
            self.files.options.warn(warning)

    def _without_file(self) -> MissingFile:
        from sluice.kustomize import advising

        file = self.files.name(self.directory)
        return MissingFile(
            "there is no kustomization.yaml", file=file, advice=advising.no_kustomization(self.directory)
        )

    def choose_schema(self) -> None:
        """Let the build go by the schema of this kustomization, if it has one."""
        try:
            schemas.choose(self.openapi, self.kustomization.openapi, self.read)
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

    def child(self, files: Files, base: Path, path: str) -> "Target":
        """Return the kustomization in the directory `base`, which this one names `path`."""
        target = Target(files, base, self)
        try:
            target.load()
        except BuildError as error:
            raise error.within(f"couldn't make target for path '{base}'") from error
        target.choose_schema()
        if self.origin is not None:
            target.origin = self.origin.joined(path)
        return target

    def check_cycle(self, files: Files, base: Path, path: str) -> None:
        """Raise InvalidKustomization when this kustomization is in the directory, or brought here by one that is."""
        target: Target | None = self
        while target is not None:
            # Each reference to a repository is a root of its own, which has not been visited before.
            if target.files is files and target.directory.is_relative_to(base):
                raise InvalidKustomization(
                    f'"{path}" is what is being built, or holds it: a circle', advice="Take one of its entries out."
                ).saying(f"cycle detected: candidate root '{base}' contains visited root '{target.directory}'")
            target = target._parent

    @property
    def namespace(self) -> str:
        """The namespace that it puts things in, or else the nearest kustomization that includes it."""
        if self.kustomization.namespace or self._parent is None:
            return self.kustomization.namespace
        return self._parent.namespace

    @property
    def file(self) -> str:
        """The name of the kustomization file."""
        return posixpath.basename(self.kustomization.file or KUSTOMIZATION_NAMES[0])

    def read(self, path: str) -> bytes:
        """Return the content of a file that the kustomization names."""
        return self.files.read(self.directory, path)

    def shown(self, path: str) -> str:
        """Return a path that the kustomization names as errors name it: from the root, or as a URL."""
        return remote.shown(path) if is_url(path) else self.files.name(self.files.shown(self.directory, path))

    @property
    def name(self) -> str:
        """The kustomization file as seen from the root; of a generated one, which is nowhere, the directory."""
        path = self.directory / self.file
        return self.files.name(path if path.is_file() else self.directory)

    def at(self, field: str, error: BuildError) -> BuildError:
        """Return the error with its place, or the way to it: the given field of this kustomization file."""
        if error.file == self.name:
            return error
        where = below(field, error.way if error.file else error.field)
        line = self.files.line_of(self.directory / self.file, where) if where else None
        return error.located(file=self.name, line=line, field=field)

    def at_own(self, field: str, error: BuildError) -> BuildError:
        """As `at`, for errors whose files are named as the kustomization names them: from its directory."""
        if error.file:
            error = error.saying(str(error))
            error.file = self.shown(error.file)
        return self.at(field, error)
