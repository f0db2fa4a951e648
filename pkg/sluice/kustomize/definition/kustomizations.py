"""What a kustomization file says, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from sluice.kustomize.definition.charts import HelmChart
from sluice.kustomize.errors import Place
from sluice.kustomize.model.fieldspecs import FieldSpec
from sluice.kustomize.model.ids import Gvk, ResId

KIND, VERSION = "Kustomization", "kustomize.config.k8s.io/v1beta1"
NAME_PATH = "metadata.name"
"""What a replacement writes to, unless it says otherwise."""
COMPONENT_KIND, COMPONENT_VERSION = "Component", "kustomize.config.k8s.io/v1alpha1"


class Selector(NamedTuple):
    """Which resources a patch is for. Every part is a regular expression that must match all of the value."""

    group: str = ""
    version: str = ""
    kind: str = ""
    name: str = ""
    namespace: str = ""
    label_selector: str = ""
    annotation_selector: str = ""


class Patch(NamedTuple):
    """A strategic merge patch or a list of JSON 6902 operations, written here or in a file."""

    patch: str = ""
    path: str = ""
    target: Selector | None = None
    allow_name_change: bool = False
    allow_kind_change: bool = False


class Image(NamedTuple):
    """A new name, tag or digest for an image."""

    name: str
    new_name: str = ""
    new_tag: str = ""
    digest: str = ""
    tag_suffix: str = ""


@dataclass(frozen=True, kw_only=True)
class Replica:
    """A number of replicas for whatever has this name."""

    name: str
    count: int


class Labels(NamedTuple):
    """Labels, and where besides the metadata they go."""

    pairs: Mapping[str, str]
    include_selectors: bool = False
    include_templates: bool = False
    fields: tuple[FieldSpec, ...] = ()


class GeneratorOptions(NamedTuple):
    """What all generated ConfigMaps and Secrets get."""

    labels: Mapping[str, str] = MappingProxyType({})
    annotations: Mapping[str, str] = MappingProxyType({})
    disable_name_suffix_hash: bool = False
    immutable: bool = False


class Generator(NamedTuple):
    """A ConfigMap or Secret to make of literals and files."""

    name: str
    namespace: str = ""
    behavior: str = ""
    type: str = ""
    literals: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    envs: tuple[str, ...] = ()
    env: str = ""
    """The legacy form of one of `envs`, which comes after them."""
    options: GeneratorOptions | None = None


@dataclass(frozen=True, kw_only=True)
class Var:
    """A value taken from one object's field, for `$(NAME)` in others."""

    name: str
    gvk: Gvk
    object_name: str
    namespace: str = ""
    field_path: str = "metadata.name"
    place: Place = field(default=Place(), compare=False)
    """Where it stands."""


@dataclass(frozen=True, kw_only=True)
class FieldOptions:
    """Which part of a text is meant, and whether to make a field that is missing.

    There is an `encoding` in the files too; kustomize reads it and does nothing with it.
    """

    delimiter: str = ""
    index: int = 0
    create: bool = False

    def __str__(self) -> str:
        if not self.delimiter and not self.create:
            return ""
        return f"{self.delimiter}({self.index}), create={str(self.create).lower()}"


class ReplacementSource(NamedTuple):
    """The one object and its field that a value is taken from; what is left empty of the identity may be anything."""

    id: ResId
    field_path: str = ""
    options: FieldOptions = FieldOptions()

    def __str__(self) -> str:
        return ":".join(part for part in (str(self.id), self.field_path, str(self.options)) if part)


class ReplacementTarget(NamedTuple):
    """The fields of objects that a value is written to."""

    select: Selector | None = None
    reject: tuple[Selector, ...] = ()
    field_paths: tuple[str, ...] = (NAME_PATH,)
    options: FieldOptions = FieldOptions()


class Replacement(NamedTuple):
    """A value, from an object or given here, and where to write it."""

    source: ReplacementSource | None = None
    source_value: str | None = None
    targets: tuple[ReplacementTarget, ...] | None = None
    path: str = ""
    """The file that the replacement, or a list of them, is in instead of here."""


class SortOptions(NamedTuple):
    """The order of the output."""

    order: str = "fifo"
    first: tuple[str, ...] | None = None
    last: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class Kustomization:
    """One kustomization file, legacy fields folded into those that replaced them."""

    file: str = ""
    kind: str = KIND
    resources: tuple[str, ...] = ()
    from_bases: int = 0
    """How many of the resources, the last ones, stand in the legacy field `bases`."""
    components: tuple[str, ...] = ()
    namespace: str = ""
    name_prefix: str = ""
    name_suffix: str = ""
    common_labels: Mapping[str, str] = field(default_factory=dict)
    labels: tuple[Labels, ...] = ()
    common_annotations: Mapping[str, str] = field(default_factory=dict)
    patches: tuple[Patch, ...] = ()
    patches_strategic_merge: tuple[str, ...] = ()
    patches_json6902: tuple[Patch, ...] = ()
    images: tuple[Image, ...] = ()
    image_tags: tuple[Image, ...] = ()
    """The legacy name of `images`: these come after them, also after those that an overlay adds."""
    replicas: tuple[Replica, ...] = ()
    replacements: tuple[Replacement, ...] = ()
    config_maps: tuple[Generator, ...] = ()
    secrets: tuple[Generator, ...] = ()
    generator_options: GeneratorOptions | None = None
    vars: tuple[Var, ...] = ()
    configurations: tuple[str, ...] = ()
    crds: tuple[str, ...] = ()
    openapi: Mapping[str, str] = field(default_factory=dict)
    generators: tuple[str, ...] = ()
    transformers: tuple[str, ...] = ()
    validators: tuple[str, ...] = ()
    sort_options: SortOptions | None = None
    build_metadata: tuple[str, ...] = ()
    charts: tuple[HelmChart, ...] = ()
    warnings: tuple[str, ...] = field(default=(), compare=False)
    """What kustomize says of the deprecated fields that are set."""

    def resource_field(self, at: int) -> str:
        """Return where in the file a resource is named."""
        own = len(self.resources) - self.from_bases
        return f"resources[{at}]" if at < own else f"bases[{at - own}]"
