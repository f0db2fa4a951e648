"""Sets of fields, as `fieldsV1` has them.

Inside this package a set is a `Node`: the very dict that `fieldsV1` is, with canonical path elements. In a node,
`{}` is a field that is in the set and has nothing below it; `{".": {}, "f:a": …}` one that is in the set together with
something below; `{"f:a": …}` one that only leads to members. Nodes are never changed once made, so they share parts.
The empty root is the empty set. `FieldSet` is the same thing with a public face.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sluice.merge import elements
from sluice.merge.elements import Element, Path
from sluice.merge.errors import ManagedFieldsError

Node = dict[Element, Any]

SELF = "."
LEAF: Node = {}
"""A member without children; shared, never changed."""
MEMBER: Node = {SELF: LEAF}


@dataclass(frozen=True)
class FieldSet:
    """An immutable set of field paths."""

    node: Mapping[str, Any]

    @classmethod
    def of(cls, *paths: Path) -> "FieldSet":
        """The set of these paths, each a tuple of path elements."""
        root: Node = {}
        for path in paths:
            insert(root, path)
        return cls(root)

    @classmethod
    def from_fields_v1(cls, fields: Mapping[str, Any]) -> "FieldSet":
        """Read the wire format; kinds of elements that are not known are dropped. ManagedFieldsError."""
        return cls(decode(fields))

    def to_fields_v1(self) -> dict[str, Any]:
        """The wire format, in the API server's order."""
        return encode(dict(self.node))

    def union(self, other: "FieldSet") -> "FieldSet":
        """What is in either."""
        return FieldSet(union(dict(self.node), dict(other.node)))

    def difference(self, other: "FieldSet") -> "FieldSet":
        """What is in this and not itself in the other; children of the other's members stay."""
        return FieldSet(difference(dict(self.node), dict(other.node)))

    def recursive_difference(self, other: "FieldSet") -> "FieldSet":
        """What is in this, and neither it nor anything above it is in the other."""
        return FieldSet(without(dict(self.node), dict(other.node)))

    def intersection(self, other: "FieldSet") -> "FieldSet":
        """What is in both."""
        return FieldSet(intersection(dict(self.node), dict(other.node)))

    def __contains__(self, path: Path) -> bool:
        return contains(dict(self.node), path)

    def __iter__(self) -> Iterator[Path]:
        return paths(dict(self.node))

    def __bool__(self) -> bool:
        return bool(self.node)


def member(node: Node) -> bool:
    """Whether the field of this node is itself in the set."""
    return not node or SELF in node


def joined(node: Node) -> Node:
    """The node with its own field in the set."""
    return node if not node or SELF in node else {SELF: LEAF, **node}


def insert(root: Node, path: Iterable[Element]) -> None:
    """Add a path to a set under construction; the only function here that changes a node, and only new ones."""
    steps = tuple(path)
    node = root
    for step in steps[:-1]:
        below = node.get(step)
        if below is None:
            below = node[step] = {}
        elif not below:
            below = node[step] = {SELF: LEAF}
        node = below
    if steps:
        last = node.get(steps[-1])
        if last is None:
            node[steps[-1]] = {}
        elif last:
            last[SELF] = LEAF


def contains(node: Node, path: Path) -> bool:
    """Whether the path is a member."""
    for step in path:
        found = node.get(step)
        if found is None:
            return False
        node = found
    return bool(path) and member(node)


def union(a: Node, b: Node) -> Node:
    """Members of either root."""
    if not a or a is b:
        return b
    if not b:
        return a
    result = dict(a)
    for step, theirs in b.items():
        mine = result.get(step)
        if mine is None:
            result[step] = theirs
        elif mine is not theirs:
            result[step] = _both(mine, theirs)
    return result


def difference(a: Node, b: Node) -> Node:
    """Members of `a` that are not members of `b`."""
    if not a or not b:
        return a
    result = {}
    for step, mine in a.items():
        theirs = b.get(step)
        kept = mine if theirs is None else _minus(mine, theirs)
        if kept is not None:
            result[step] = kept
    return result


def without(a: Node, b: Node) -> Node:
    """Members of `a` that neither are nor are below members of `b`."""
    if not a or not b:
        return a
    result = {}
    for step, mine in a.items():
        theirs = b.get(step)
        if theirs is None:
            result[step] = mine
        elif not member(theirs):
            kept = mine if not mine else _tidy(without(mine, theirs))
            if kept is not None:
                result[step] = kept
    return result


def intersection(a: Node, b: Node) -> Node:
    """Members of both."""
    result = {}
    for step, mine in a.items():
        theirs = b.get(step)
        if theirs is None:
            continue
        if not mine or not theirs:
            kept = LEAF if member(mine) and member(theirs) else None
        else:
            kept = _tidy(intersection(mine, theirs))
        if kept is not None:
            result[step] = kept
    return result


def paths(node: Node, prefix: Path = ()) -> Iterator[Path]:
    """Every member; those of one level before what is below them, in the API server's order."""
    ordered = sorted((step for step in node if step != SELF), key=elements.order)
    for step in ordered:
        if member(node[step]):
            yield (*prefix, step)
    for step in ordered:
        yield from paths(node[step], (*prefix, step))


def decode(fields: Mapping[str, Any]) -> Node:
    """A root from the wire format."""
    try:
        return _decoded(fields)
    except (ValueError, TypeError, AttributeError) as exc:
        raise ManagedFieldsError(f"error decoding set: {exc}") from exc


def encode(node: Node) -> dict[str, Any]:
    """The wire format of a root, ordered."""
    if all(step[0] in "f." for step in node):
        return {step: encode(node[step]) if node[step] else {} for step in sorted(node)}
    result: dict[str, Any] = {SELF: {}} if SELF in node else {}
    for step in sorted((step for step in node if step != SELF), key=elements.order):
        result[step] = encode(node[step])
    return result


def _both(a: Node, b: Node) -> Node:
    if not a:
        return joined(b)
    if not b:
        return joined(a)
    return union(a, b)


def _minus(mine: Node, theirs: Node) -> Node | None:
    if not mine:
        return None if member(theirs) else mine
    if not theirs:
        theirs = MEMBER
    return _tidy(difference(mine, theirs))


def _tidy(node: Node) -> Node | None:
    """A node after members left it: gone, a leaf, or itself."""
    if not node:
        return None
    return LEAF if len(node) == 1 and SELF in node else node


def _decoded(fields: Mapping[str, Any]) -> Node:
    result: Node = {}
    for written, below in fields.items():
        if written == SELF:
            result[SELF] = LEAF
            continue
        step = written if written[:2] == "f:" else elements.canonical(written)
        if step is not None:
            node = _decoded(below) if below else LEAF
            result[step] = LEAF if len(node) == 1 and SELF in node else node
    return result
