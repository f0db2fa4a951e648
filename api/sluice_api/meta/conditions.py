"""The condition, as `metav1.Condition` defines it."""

from typing import Annotated, Literal

from pydantic import Field, WithJsonSchema

from sluice_api.meta.objects import APIModel

Time = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
"""A point in time as the API writes it: RFC 3339, UTC, whole seconds."""


class Condition(APIModel):
    """One aspect of an object's state, with the generation it was seen at."""

    last_transition_time: Time
    """When the condition last changed."""
    message: Annotated[str, Field(max_length=32768)]
    """What happened, for people."""
    observed_generation: Annotated[int | None, WithJsonSchema({"type": "integer", "format": "int64", "minimum": 0})] = (
        None
    )
    """The object's generation that the condition was set for."""
    reason: Annotated[str, Field(min_length=1, max_length=1024, pattern="^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$")]
    """What happened, for programs: one CamelCase word."""
    status: Literal["True", "False", "Unknown"]
    """Whether the condition holds."""
    type: Annotated[
        str,
        Field(
            max_length=316,
            pattern=r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?"
            r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$",
        ),
    ]
    """The name of the condition."""
