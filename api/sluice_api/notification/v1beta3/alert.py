"""Alert: which events are told, and to whom."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from sluice_api import meta, notification
from sluice_api.notification.references import CrossNamespaceObjectReference


class AlertSpec(meta.APIModel):
    """Which events are told."""

    event_metadata: dict[str, str] | None = None
    """What is added to the metadata of each event."""
    event_severity: Literal["info", "error"] = meta.crd_default("info")
    """Whether only errors are told."""
    event_sources: list[CrossNamespaceObjectReference]
    """The objects whose events are told."""
    exclusion_list: list[str] | None = None
    """Regular expressions, in Go's syntax: events with a message that one of them matches are not told."""
    inclusion_list: list[str] | None = None
    """Regular expressions, in Go's syntax: only events with a message that one of them matches are told."""
    provider_ref: meta.LocalObjectReference
    """The Provider to tell."""
    summary: Annotated[str, Field(max_length=255)] | None = None
    """What the events are about; `eventMetadata` can say it too."""
    suspend: bool | None = None
    """Whether nothing is told."""


class Alert(meta.APIObject):
    """Events that are told."""

    names: ClassVar[meta.CRDNames] = meta.CRDNames(
        group=notification.GROUP,
        version="v1beta3",
        kind="Alert",
        plural="alerts",
        categories=("all", "fluxcd", "fluxcd-notifications"),
        columns=(meta.AGE,),
    )

    spec: AlertSpec | None = None
    """Which events are told."""
