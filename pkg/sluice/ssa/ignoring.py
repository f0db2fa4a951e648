"""Fields that are left alone once an object is there: rules of JSON pointers, each for the objects it selects."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sluice import kube, kustomize
from sluice.kustomize.patching import selecting

Object = Mapping[str, Any]

_MISSING: Final = object()
_NAMED: Final = ("group", "version", "kind", "name", "namespace")


class InvalidRule(ValueError):
    """A rule that cannot be used; the text is Flux's."""


@dataclass(frozen=True, kw_only=True)
class IgnoreRule:
    """Fields, by JSON pointer (RFC 6901), and whose; "" is the whole object."""

    paths: tuple[str, ...]
    target: kustomize.Selector = field(default_factory=kustomize.Selector)
    """Every part is a regular expression that must match all of a name, or a selector; "" is any."""


def check(rules: Sequence[IgnoreRule]) -> None:
    """See that the rules can be used.

    Raises:
        InvalidRule: one cannot.
    """
    for rule in rules:
        for path in rule.paths:
            if path and not path.startswith("/"):
                raise InvalidRule(f"invalid JSON pointer in ignore rule: '{path}' does not begin with '/'")
        for part, compile_one in _parts(rule.target):
            try:
                compile_one()
            except kustomize.KustomizeError as error:
                raise InvalidRule(f"failed to create ignore rule selector: invalid {part}: {error}") from None


def may_concern(rules: Sequence[IgnoreRule], ref: kube.ObjectRef) -> bool:
    """Whether an object of this name may be one whose fields are ignored."""
    return any(_selects_name(rule.target, ref) for rule in rules)


def pointers(rules: Sequence[IgnoreRule], obj: Object) -> tuple[str, ...]:
    """The fields that are ignored of an object."""
    ref = kube.ObjectRef.of(obj)
    found = (rule.paths for rule in rules if _selects_name(rule.target, ref) and _selects_labels(rule.target, obj))
    return tuple(dict.fromkeys(path for paths in found for path in paths))


def without(obj: Object, paths: Sequence[str]) -> dict[str, Any]:
    """The object without these fields."""
    result = dict(obj)
    # Of a list the last first, so that the others keep their places.
    for steps in sorted(map(_steps, paths), key=_order, reverse=True):
        result = _put(result, steps, _MISSING)
    return result


def left_alone(wanted: Object, live: Object, applied: Object, paths: Sequence[str], *, manager: str) -> dict[str, Any]:
    """What to apply, so that an apply for other reasons leaves ignored fields as they are.

    `applied` is what applying all of `wanted` would make of `live`. A field that another manager applies is left out,
    else its live value is taken.
    """
    result = dict(wanted)
    for steps in map(_steps, paths):
        value = _get(live, steps)
        if value == _get(applied, steps):
            continue
        owned = _owned_by_others(live, steps, manager)
        result = _put(result, steps, _MISSING if owned else value)
    return result


def _steps(path: str) -> tuple[str, ...]:
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in path.split("/")[1:])


def _order(steps: tuple[str, ...]) -> tuple[tuple[int, str], ...]:
    return tuple((int(step) if step.isdecimal() else -1, step) for step in steps)


def _get(holder: Any, steps: tuple[str, ...]) -> Any:
    for step in steps:
        if isinstance(holder, Mapping):
            holder = holder.get(step, _MISSING)
        elif isinstance(holder, list) and step.isdecimal() and int(step) < len(holder):
            holder = holder[int(step)]
        else:
            return _MISSING
    return holder


def _put(holder: Any, steps: tuple[str, ...], value: Any) -> Any:
    """A copy with another value in a place, or with nothing there. What leads to no place is left as it is."""
    step, *rest = steps
    if isinstance(holder, Mapping):
        known = {key: item for key, item in holder.items() if key != step}
        below = holder.get(step, _MISSING)
        if rest and below is _MISSING:
            below = _MISSING if value is _MISSING else {}
        changed = _put(below, tuple(rest), value) if rest and below is not _MISSING else value
        return known if changed is _MISSING else {**holder, step: changed}
    if isinstance(holder, list) and step.isdecimal() and int(step) < len(holder):
        index = int(step)
        changed = _put(holder[index], tuple(rest), value) if rest else value
        return [*holder[:index], *([] if changed is _MISSING else [changed]), *holder[index + 1 :]]
    return holder


def _owned_by_others(live: Object, steps: tuple[str, ...], manager: str) -> bool:
    entries = live["metadata"].get("managedFields") or []
    return any(
        _owns(entry.get("fieldsV1") or {}, live, steps)
        for entry in entries
        if entry.get("operation") == "Apply" and not entry.get("subresource") and entry.get("manager") != manager
    )


def _owns(fields: Mapping[str, Any], holder: Any, steps: tuple[str, ...]) -> bool:
    """Whether a set of fields, in the API's own writing, has the field or something below it."""
    node: Any = fields
    for step in steps:
        below = _get(holder, (step,))
        key = _list_key(node, below) if isinstance(holder, list) else f"f:{step}"
        if key not in node:
            return False
        node, holder = node[key], below
    return True


def _list_key(node: Mapping[str, Any], item: Any) -> str:
    """By which name an item of a list is known: `k:` and the fields that make its key, or `v:` and the item itself."""
    for key in node:
        kind, _, text = key.partition(":")
        if kind == "v" and json.loads(text) == item:
            return key
        if kind == "k" and isinstance(item, Mapping) and json.loads(text).items() <= item.items():
            return key
    return ""


def _parts(target: kustomize.Selector) -> Iterator[tuple[str, Callable[[], object]]]:
    for part in _NAMED:
        yield f"{part} regex", functools.partial(selecting.whole, getattr(target, part))
    yield "label selector", functools.partial(selecting.parse, target.label_selector)
    yield "annotation selector", functools.partial(selecting.parse, target.annotation_selector)


def _selects_name(target: kustomize.Selector, ref: kube.ObjectRef) -> bool:
    return all(selecting.whole(getattr(target, part))(getattr(ref, part)) for part in _NAMED)


def _selects_labels(target: kustomize.Selector, obj: Object) -> bool:
    meta = obj["metadata"]
    pairs = ((target.label_selector, "labels"), (target.annotation_selector, "annotations"))
    return all(holds(meta.get(field) or {}) for selector, field in pairs for holds in _requirements(selector))


@functools.lru_cache(maxsize=256)
def _requirements(selector: str) -> tuple[selecting.Requirement, ...]:
    return selecting.parse(selector)
