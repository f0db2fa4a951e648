"""`vars`: `$(NAME)` replaced by the value of a field, in the fields where kustomize looks for it."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from sluice.kustomize.definition.kustomizations import Var
from sluice.kustomize.errors import DuplicateResource, InvalidKustomization, Place
from sluice.kustomize.model import fieldspecs, ids
from sluice.kustomize.model.fieldspecs import Specs
from sluice.kustomize.model.resources import Resource, ResourceMap

_REFERENCE = re.compile(r"\$(\$|\(([^)]*)\)|\(|.)", re.DOTALL)
_INDEXED = re.compile(r"(.*)\[([0-9]+)\]")

Values = Callable[[str], Any]
"""Returns the value of a var, or None when there is none that fits into a text."""


def bind(resources: ResourceMap, known: dict[str, Var], incoming: Iterable[Var], file: str) -> None:
    """Add the vars of a layer, and note on each object which vars take their value from it."""
    for at, var in enumerate(incoming):
        gvk = resources.openapi.gvk_of(var.gvk.api_version, var.gvk.kind)
        wanted = ids.ResId(gvk, var.object_name, var.namespace)
        found = resources.matching_any_id(partial(_is_meant, wanted))
        if len(found) > 1:
            reason = f"{wanted.title} is there {len(found)} times"
            said = f"found {len(found)} resId matches for var {var.name} (unable to disambiguate)"
            advice = "Set the namespace too."
            raise InvalidKustomization(reason, field=f"vars[{at}].objref", advice=advice).saying(said)
        for resource in found:
            resource.variables.append(var.name)
        if var.name in known:
            raise _twice(var, f"vars[{at}].name")
        known[var.name] = replace(var, place=Place(file=file, field=f"vars[{at}]"))


def _is_meant(wanted: ids.ResId, other: ids.ResId) -> bool:
    """Compare with what a var names; without a namespace any will do."""
    if wanted.namespace or wanted.gvk.cluster_scoped:
        return other.key == wanted.key
    return other[:2] == wanted[:2]


def join(known: dict[str, Var], more: Mapping[str, Var]) -> None:
    """Join the vars of two layers; the same name twice is an error, also for the same thing."""
    for name, var in more.items():
        if name in known:
            raise _twice(var, "")
        known[name] = var


def _twice(var: Var, field: str) -> DuplicateResource:
    error = DuplicateResource(f'there is a var "{var.name}" already', field=field)
    return error.saying(f"var '{var.name}' already encountered")


def resolve(resources: ResourceMap, known: Mapping[str, Var], specs: Specs) -> list[str]:
    """Replace the references to all vars by their values, and return the names of the vars that nothing refers to."""
    if not known:
        return []
    values = {name: _value(resources, var) for name, var in known.items()}
    used = set()

    def value_of(name: str) -> Any:
        value = values.get(name)
        if value is None or isinstance(value, dict | list):
            return None
        used.add(name)
        return value

    def setter(value: Any) -> Any:
        return _expanded(value, value_of)

    for resource in resources:
        for spec in specs:
            fieldspecs.apply(resource, spec, setter)
    return sorted(known.keys() - used)


def _value(resources: ResourceMap, var: Var) -> Any:
    for resource in resources:
        if var.name in resource.variables:
            return _field(resource, var)
    reason = f'there is no {var.gvk.kind} "{var.object_name}"'
    error = InvalidKustomization(reason, file=var.place.file, field=f"{var.place.field}.objref")
    raise error.saying(f"var '{var.name}' cannot be mapped to a field in the set of known resources")


def _field(resource: Resource, var: Var) -> Any:
    # Few builds have vars, and what walks their paths would be felt at the start of all.
    from sluice.kustomize.transforming import fieldpaths

    try:
        path = tuple(_steps(fieldpaths.split(var.field_path)))
        found = fieldpaths.lookup(fieldpaths.Cell([resource.obj], 0), path)
    except fieldpaths.Astray:
        found = None
    if found is None:
        reason = f'{resource.id.title} has no field "{var.field_path}"'
        error = InvalidKustomization(reason, file=var.place.file, field=f"{var.place.field}.fieldref")
        raise error.saying(f"field specified in var '{var.name}' not found in corresponding resource")
    return "null" if found.value is None else found.value


def _steps(path: Iterable[str]) -> Iterator[str]:
    """Return the steps of a path as those of replacements have it, and `ports[0]` as two."""
    for step in path:
        indexed = _INDEXED.fullmatch(step)
        yield from filter(None, indexed.groups()) if indexed else (step,)


def _expanded(value: Any, value_of: Values) -> Any:
    if isinstance(value, str):
        return _replaced(value, value_of)
    if isinstance(value, list):
        if not all(isinstance(item, str) for item in value):
            raise fieldspecs.stray("invalid value type expect a string")
        return [_replaced(item, value_of) for item in value]
    if isinstance(value, dict):
        return {key: _replaced(item, value_of) if isinstance(item, str) else item for key, item in value.items()}
    return value


def _replaced(text: str, value_of: Values) -> Any:
    whole = _REFERENCE.fullmatch(text)
    if whole is not None and whole[2] is not None:
        # A text that is nothing but a reference takes the value's type too.
        value = value_of(whole[2])
        return text if value is None else value

    def substitute(match: re.Match[str]) -> str:
        if match[1] == "$":
            return "$"
        value = value_of(match[2]) if match[2] is not None else None
        return match[0] if value is None else ids.text(value)

    return _REFERENCE.sub(substitute, text)
