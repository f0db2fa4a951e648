"""Base types: the models that API types are built from, and what a CRD needs to know beside the fields."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema
from pydantic.alias_generators import to_camel

CRD_DEFAULT = "x-sluice-crd-default"
"""Marks, within the JSON schema, a default that the API server writes into the object."""

Int64 = Annotated[int, WithJsonSchema({"type": "integer", "format": "int64"})]


def crd_default(value: Any, **field: Any) -> Any:
    """A field whose default is part of the CRD: the API server fills it in and users see it.

    A plain Python default stays out of the CRD: it says what a controller takes an absent field to mean.
    """
    return Field(default=value, json_schema_extra={CRD_DEFAULT: True}, **field)


class APIModel(BaseModel):
    """A value of the API: camelCase outside, snake_case inside, frozen.

    Unknown fields are ignored, as a newer CRD in the cluster may have them.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        use_attribute_docstrings=True,
        frozen=True,
    )


class StatusModel(APIModel):
    """Base of every status: what the controller saw and handled."""

    observed_generation: Int64 | None = None
    """The generation that the controller last handled."""
    last_handled_reconcile_at: str | None = None
    """The last value of the annotation `reconcile.fluxcd.io/requestedAt` that was acted upon."""


class ObjectMeta(APIModel):
    """The part of an object's metadata that controllers read."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    finalizers: list[str] = []
    creation_timestamp: str | None = None
    deletion_timestamp: str | None = None


class CommonMetadata(APIModel):
    """Labels and annotations set on every object."""

    annotations: dict[str, str] | None = None
    """Annotations to set."""
    labels: dict[str, str] | None = None
    """Labels to set."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """An additional printer column of a CRD."""

    name: str
    json_path: str
    type: str = "string"


AGE: Final = Column(name="Age", json_path=".metadata.creationTimestamp", type="date")
READY: Final = Column(name="Ready", json_path='.status.conditions[?(@.type=="Ready")].status')
STATUS: Final = Column(name="Status", json_path='.status.conditions[?(@.type=="Ready")].message')


@dataclass(frozen=True, kw_only=True)
class CRDNames:
    """How a kind is called, and how it is listed."""

    group: str
    version: str
    kind: str
    plural: str
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()

    @property
    def api_version(self) -> str:
        """Group and version, as objects carry it."""
        return f"{self.group}/{self.version}"


class APIObject(APIModel):
    """Base of every kind: a namespaced object with spec and status.

    A subclass sets `names` and narrows `spec` and `status`.
    """

    names: ClassVar[CRDNames]

    api_version: str
    kind: str
    metadata: ObjectMeta
