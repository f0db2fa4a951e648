"""`replacements`: the value of one object's field, or a given one, written to fields of others."""

import copy
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sluice import gotext, yamlio
from sluice.kustomize.definition import decoding
from sluice.kustomize.definition import replacements as definition
from sluice.kustomize.definition.kustomizations import (
    FieldOptions,
    Replacement,
    ReplacementSource,
    ReplacementTarget,
)
from sluice.kustomize.errors import BuildError, InvalidKustomization, LimitExceeded
from sluice.kustomize.generating.keyvalues import Read
from sluice.kustomize.loading import reading
from sluice.kustomize.model.resources import Resource, ResourceMap
from sluice.kustomize.transforming import fieldpaths, nodes, structured
from sluice.kustomize.transforming.fieldpaths import Astray, Cell
from sluice.kustomize.transforming.identities import Identities
from sluice.kustomize.transforming.nodes import Mistyped, Shape

_NAMES = {("metadata",), ("metadata", "name"), ("metadata", "namespace"), ("kind",), ("apiVersion",)}
_MOST_WRITTEN = 64 * 1024 * 1024
"""Bytes, about, that the replacements of one kustomization may write: each can double what the last one wrote."""
_ONLY_SCALARS = "delimiter option can only be used with scalar nodes"


def apply(resources: ResourceMap, entries: Sequence[Replacement], read: Read) -> None:
    """Make the replacements, one after the other; an entry that names a file stands for those in it.

    BuildError says where in the entries, or in which file, the fault is.
    """
    loaded = [each for at, entry in enumerate(entries) for each in _loaded(entry, f"[{at}]", read)]
    run = _Run(resources)
    for each in loaded:
        try:
            run.replace(each.replacement)
        except BuildError as error:
            raise error.located(file=each.file, field=each.place) from error
    run.finish()


class _Loaded(NamedTuple):
    """A replacement and where it is written; no file for that of the entries themselves."""

    replacement: Replacement
    file: str
    place: str


def _loaded(entry: Replacement, place: str, read: Read) -> Iterator[_Loaded]:
    if not entry.path:
        yield _Loaded(entry, "", place)
        return
    if entry.source is not None or entry.targets:
        raise InvalidKustomization("cannot specify both path and inline replacement", field=place)
    try:
        content = read(entry.path)
    except BuildError as error:
        raise error.located(field=f"{place}.path") from error
    try:
        found = _decoded(content, entry.path)
    except BuildError as error:
        raise error.located(field=f"{place}.path") from error
    for at, raw in enumerate(found if isinstance(found, list) else (found,)):
        yield _Loaded(definition.replacement(raw), entry.path, f"[{at}]" if isinstance(found, list) else "")


def _decoded(content: bytes, path: str) -> Any:
    """Return what a file says: unlike in a kustomization, what is unknown there is left out."""
    try:
        documents = yamlio.load_all(content, source=path, last_wins=True)
    except yamlio.YAMLError as error:
        said = f"error converting YAML to JSON: {error}"
        raise reading.malformed(content, error, path).saying(said) from error
    found = documents[0] if documents else None
    if not isinstance(found, dict | list):
        kind = "invalid" if found is None else {str: "string", bool: "bool"}.get(type(found), "float64")
        raise InvalidKustomization(
            f"unsupported replacement type encountered within replacement path: {kind}", file=path
        )
    wanted = decoding.ListOf(definition.REPLACEMENT) if isinstance(found, list) else definition.REPLACEMENT
    try:
        return decoding.decode(found, wanted, lenient=True)
    except decoding.Mismatch as mismatch:
        line = yamlio.line_of(content, mismatch.path)
        raise InvalidKustomization(
            mismatch.reason, file=path, line=line, field=mismatch.field, advice=mismatch.advice
        ).saying(f"error unmarshaling JSON: while decoding JSON: {mismatch}") from mismatch


class _Run:
    """The replacements of one kustomization on their way through its resources."""

    def __init__(self, resources: ResourceMap) -> None:
        self._resources = resources
        self._identities = Identities(resources)
        self._changed: dict[int, Resource] = {}
        self._written = 0
        self._untyped = False
        """Whether texts without a type may have got into what was changed."""

    def replace(self, replacement: Replacement) -> None:
        """Read the value and write it wherever it goes."""
        if (replacement.source is None and replacement.source_value is None) or replacement.targets is None:
            raise InvalidKustomization("replacements must specify a source and at least one target")
        value = self._value(replacement)
        self._untyped |= isinstance(value.value, nodes.Untyped) or any(
            one.options.create for one in replacement.targets
        )
        for at, target in enumerate(replacement.targets):
            try:
                self._write(value, target)
            except BuildError as error:
                raise error.located(field=f"targets[{at}]") from error

    def finish(self) -> None:
        """Give what was created the types that YAML reads it with, and let everybody see new names."""
        for resource in self._changed.values() if self._untyped else ():
            try:
                nodes.settle(resource.obj)
            except Mistyped as error:
                raise BuildError(str(error)) from error
        self._resources.changed()

    def _value(self, replacement: Replacement) -> Cell:
        """Return the place the value is in: a later target may find it changed by an earlier one, as in kustomize."""
        if replacement.source is None:
            return Cell([nodes.Untyped(replacement.source_value or "")], 0)
        if replacement.source_value is not None:
            raise InvalidKustomization("value and resource selectors are mutually exclusive", field="sourceValue")
        try:
            return self._taken(replacement.source)
        except BuildError as error:
            raise error.located(field="source") from error

    def _taken(self, source: ReplacementSource) -> Cell:
        found = self._identities.source(source.id)
        if len(found) != 1:
            fault = "multiple matches for selector" if found else "nothing selected by"
            raise self._no_source(source, len(found)).saying(f"{fault} {source}")
        path = source.field_path or "metadata.name"
        try:
            value = fieldpaths.lookup(Cell([found[0].obj], 0), fieldpaths.split(path))
        except Astray as error:
            raise BuildError(f"error looking up replacement source: {error}", field="fieldPath") from error
        if value is None or value.value in (None, {}, []):
            said = f"fieldPath `{path}` is missing for replacement source {source.id}"
            raise BuildError(f'{found[0].id.title} has no field "{path}"', field="fieldPath").saying(said)
        return _part(value, source.options, found[0]) if source.options.delimiter else value

    def _no_source(self, source: ReplacementSource, found: int) -> BuildError:
        from sluice.kustomize import advising

        if found:
            return BuildError(
                f"selects {found} resources, where one is wanted", advice="Set its name or namespace too."
            )
        advice = advising.other(source.id, [resource.id for resource in self._resources])
        return BuildError("selects no resource", advice=advice)

    def _write(self, value: Cell, target: ReplacementTarget) -> None:
        for resource in self._identities.targets(target):
            self._changed[id(resource)] = resource
            for at, path in enumerate(target.field_paths):
                try:
                    self._written += _copy(value.value, resource, path, target.options)
                except (Astray, Mistyped) as error:
                    found = "find or create" if target.options.create else "find"
                    lost = f"unable to {found} field {gotext.quoted(path)} in replacement target"
                    reason = f"{lost}: {error}" if isinstance(error, Astray) and str(error) else str(error) or lost
                    raise BuildError(reason, field=f"fieldPaths[{at}]") from error
                if self._written > _MOST_WRITTEN:
                    raise LimitExceeded(f"replacements write more than {_MOST_WRITTEN} bytes")
                if fieldpaths.split(path)[:2] in _NAMES:
                    self._identities.changed = True
                    _check_named(resource, f"fieldPaths[{at}]")
                resource.settle()


def _check_named(resource: Resource, field: str) -> None:
    """Refuse to leave an object without what tells it from others; kustomize finds that out at the very end."""
    metadata = resource.obj.get("metadata")
    if not isinstance(metadata, dict) or not resource.name or not resource.gvk.kind:
        raise BuildError("leaves the object without a kind or name", field=field).saying(
            "missing Resource metadata" if not isinstance(metadata, dict) else "missing metadata.name in object"
        )


def _part(value: Cell, options: FieldOptions, source: Resource) -> Cell:
    """Return the part of a text that the options mean."""
    if nodes.shape(value.value) is not Shape.SCALAR:
        raise BuildError(_ONLY_SCALARS, field="options.delimiter")
    text = nodes.text(value.value)
    parts = text.split(options.delimiter)
    if not 0 <= options.index < len(parts):
        shown = "of a Secret" if source.gvk.kind == "Secret" else text
        raise BuildError(f"options.index {options.index} is out of bounds for value {shown}", field="options.index")
    part = parts[options.index]
    return Cell([part if type(value.value) is str else nodes.Untyped(part)], 0)


def _copy(value: Any, resource: Resource, path: str, options: FieldOptions) -> int:
    """Write the value to all that the path leads to, and return how much that was; Astray when it is nothing."""
    steps = fieldpaths.split(path)
    root = Cell([resource.obj], 0)
    make = nodes.shape(value) if options.create else None
    if length := structured.replace(root, steps, value, make):
        return length
    found = fieldpaths.match(root, steps, make)
    if not found:
        raise Astray
    for place in found:
        _put(place, value, options)
    return sum(nodes.size(place.value) for place in found)


def _put(place: Cell, value: Any, options: FieldOptions) -> None:
    old = place.value
    if options.delimiter:
        if nodes.shape(old) is not Shape.SCALAR:
            raise Mistyped(_ONLY_SCALARS)
        place.put(nodes.retyped(old, _joined(nodes.text(old), nodes.text(value), options)))
    elif nodes.shape(old) is Shape.SCALAR:
        place.put(nodes.retyped(old, nodes.text(value)))
    else:
        place.put(copy.deepcopy(value))


def _joined(old: str, new: str, options: FieldOptions) -> str:
    """Return the old text with one part replaced, or one more at the front or end when there is no such part."""
    parts = old.split(options.delimiter)
    if options.index < 0:
        parts.insert(0, new)
    elif options.index >= len(parts):
        parts.append(new)
    else:
        parts[options.index] = new
    return options.delimiter.join(parts)
