"""Writing a built-in object: the fields Go writes even when nothing is set."""

from typing import Any

from sluice.apiserver.validation.builtin import scalars, shapes
from sluice.schema import Schema


def complete(value: Any, schema: Schema | None) -> Any:
    """A copy with empty structs as `{}` and empty required fields as their zero."""
    if schema is None or not isinstance(value, dict | list) or scalars.shape(schema) == "free":
        return value
    if isinstance(value, list):
        return [complete(item, schema.items) for item in value]
    properties = schema.properties
    if not properties:
        return {key: complete(item, schema.additional) for key, item in value.items()}
    shape = shapes.of(schema.name)
    filled = {
        name: complete(item, properties.get(name)) if isinstance(item, dict | list) else item
        for name, item in value.items()
    }
    for name in shape.structs:
        if name not in filled:
            filled[name] = complete({}, schema.property(name))
    for name in shape.always:
        below = schema.property(name)
        if name not in filled and below is not None:
            filled[name] = scalars.zero(below)
    return filled
