"""Shapes: what of a schema decides how objects merge, resolved once per schema node.

The rules by which OpenAPI becomes a shape are those of the API server's own conversion: a list without a type is
atomic unless its patch strategy says merge, an object that declares nothing is free-form, and what preserves unknown
fields is free-form below as well. In a free-form part maps are granular and lists atomic.
"""

import functools
import weakref
from collections.abc import Mapping
from typing import Any, Final

from sluice import schema
from sluice.merge import zeros
from sluice.schema import Schema

_QUANTITY: Final = "io.k8s.apimachinery.pkg.api.resource.Quantity"
_RAW_EXTENSION: Final = "io.k8s.apimachinery.pkg.runtime.RawExtension"
_SCALARS: Final = {"integer": "numeric", "number": "numeric", "boolean": "boolean"}


class MapShape:
    """An object or a map."""

    def __init__(self, fields: Mapping[str, Schema], *, atomic: bool, preserve: bool) -> None:
        self.atomic = atomic
        self.declared: frozenset[str] = frozenset(fields)
        self.element: Shape | None = None
        self.zeros: Mapping[str, Any] = {}
        """Fields that the API server's own types always have, with the value they have when nobody set them."""
        self._fields = fields
        self._preserve = preserve
        self._children: dict[str, Shape] = {}

    def child(self, name: str) -> "Shape":
        """What is under a name; what the schema does not know is taken as free-form."""
        found = self._children.get(name)
        if found is None:
            declared = self._fields.get(name)
            if declared is None:
                return self.element or DEDUCED
            found = self._children[name] = of(declared, preserve=self._preserve)
        return found


class ListShape:
    """A list: atomic, or associative by keys or (without keys) by value."""

    def __init__(self, items: "Shape | Schema", *, atomic: bool, keys: tuple[str, ...], preserve: bool) -> None:
        self.atomic = atomic
        self.keys = keys
        self._items = items
        self._preserve = preserve

    @functools.cached_property
    def item(self) -> "Shape":
        """What each item is."""
        return self._items if isinstance(self._items, Shape) else of(self._items, preserve=self._preserve)

    @functools.cached_property
    def defaults(self) -> Mapping[str, Any]:
        """Key fields that count as set when they are not."""
        if not isinstance(self._items, Schema):
            return {}
        known = ((key, self._items.property(key)) for key in self.keys)
        return {k: s.default for k, s in known if s is not None and s.default not in (schema.MISSING, None)}


class Shape:
    """What a value may be; several at once when the schema leaves the type open."""

    __slots__ = ("__weakref__", "listing", "mapping", "scalar")

    def __init__(self, *, mapping: MapShape | None = None, listing: ListShape | None = None, scalar: str = "") -> None:
        self.mapping = mapping
        self.listing = listing
        self.scalar = scalar
        """numeric, string, boolean, untyped, or empty: no scalar."""


def _free(*, atomic: bool) -> Shape:
    shape = Shape(mapping=MapShape({}, atomic=atomic, preserve=True), scalar="untyped")
    assert shape.mapping is not None
    shape.mapping.element = shape
    shape.listing = ListShape(shape, atomic=True, keys=(), preserve=True)
    return shape


DEDUCED: Final = _free(atomic=False)
"""Nothing is known: maps are granular, lists atomic."""
OPAQUE: Final = _free(atomic=True)
"""Nothing is known, and the whole is one value."""

_known: weakref.WeakKeyDictionary[Schema, dict[bool, Shape]] = weakref.WeakKeyDictionary()


def of(node: Schema | None, *, preserve: bool = False) -> Shape:
    """The shape of a schema node; `preserve`: something above it preserves unknown fields."""
    if node is None:
        return DEDUCED
    variants = _known.setdefault(node, {})
    found = variants.get(preserve)
    if found is None:
        found = variants[preserve] = _built(node, preserve=preserve)
    return found


def _built(node: Schema, *, preserve: bool) -> Shape:
    if node.name == _QUANTITY:
        return Shape(scalar="untyped")
    if node.name == _RAW_EXTENSION:
        return OPAQUE
    # A definition starts afresh: only what is written in place inherits from what is around it.
    preserve = node.preserve_unknown or (preserve and not node.name)
    if node.type == "object":
        return Shape(mapping=_map(node, preserve=preserve))
    if node.type == "array":
        return Shape(listing=_list(node, preserve=preserve))
    if node.type is None:
        mapping, listing = _map(node, preserve=preserve), _list(node, preserve=preserve)
        return Shape(mapping=mapping, listing=listing, scalar="untyped")
    formatted = node.type == "string" and node.format not in ("", "byte")
    return Shape(scalar="untyped" if formatted else _SCALARS.get(node.type, "string"))


def _map(node: Schema, *, preserve: bool) -> MapShape:
    shape = MapShape(node.properties, atomic=node.map_type == "atomic", preserve=preserve)
    if node.additional is not None:
        shape.element = of(node.additional, preserve=preserve)
    elif "additionalProperties" not in node.raw and (preserve or not node.properties):
        shape.element = DEDUCED
    shape.zeros = zeros.fields(node)
    return shape


def _list(node: Schema, *, preserve: bool) -> ListShape:
    items: Shape | Schema = OPAQUE if node.items is None else node.items
    atomic, keys = _relation(node)
    return ListShape(items, atomic=atomic, keys=keys, preserve=preserve)


def _relation(node: Schema) -> tuple[bool, tuple[str, ...]]:
    if node.list_type is not None:
        return node.list_type == "atomic", node.list_map_keys if node.list_type == "map" else ()
    if "merge" in node.patch_strategy:
        return False, (node.merge_key,) if node.merge_key else ()
    return True, ()
