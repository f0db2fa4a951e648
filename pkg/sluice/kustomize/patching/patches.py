"""Patches: which kind a text is, whom it is for, and its application."""

from typing import Any, NamedTuple

from sluice import gotext, yamlio
from sluice.kustomize.definition.kustomizations import Patch, Selector
from sluice.kustomize.errors import BuildError, InvalidPatch, LimitExceeded
from sluice.kustomize.generating.keyvalues import Read
from sluice.kustomize.loading import jsontexts, reading
from sluice.kustomize.model import ids
from sluice.kustomize.model.resources import Object, Resource, ResourceMap
from sluice.kustomize.patching import selecting, strategic
from sluice.merge import JSONPatchError, json_patch

_BOTH, _NEITHER = "has both patch and path", "has neither patch nor path"
_SENSITIVE = ("secret", "stringdata", "/data")
"""What the text of a patch for a Secret mentions: its kind, or a field of its values."""
_MOVES = ("move", "copy")
_VALUE = "value"
"""What it mentions at least, when nobody says the kind of what it is for."""


class _Loaded(NamedTuple):
    """A patch whose text has been read and understood."""

    shown: str
    text: str = ""
    merges: tuple[Object, ...] = ()
    operations: tuple[Any, ...] = ()


def apply(resources: ResourceMap, patch: Patch, read: Read) -> None:
    """Apply one entry of `patches`."""
    try:
        loaded = _load(patch, read)
    except BuildError as error:
        raise _misconfigured("PatchTransformer", patch, error) from error
    if loaded.operations:
        if patch.target is None:
            raise InvalidPatch("is missing, where the patch is a list of operations", field="target").saying(
                f"must specify a target for JSON patch {loaded.shown}"
            )
        _apply_operations(resources, loaded.operations, patch.target, file=patch.path, renames=True)
    elif loaded.merges:
        _apply_merges(resources, patch, loaded)


def apply_strategic(resources: ResourceMap, entries: tuple[str, ...], read: Read) -> None:
    """Apply `patchesStrategicMerge`: every entry is a patch or the path of one; patches find their targets by name."""
    patches = [(at, patch) for at, entry in enumerate(entries) for patch in _inline_or_file(at, entry, read)]
    if not patches:
        shown = f"patch appears to be empty; files={gotext.listed(entries)}, Patch="
        config = yamlio.dump({"paths": entries})
        raise InvalidPatch("hold no patch").saying(
            f"trouble configuring builtin PatchStrategicMergeTransformer with config: `\n{config}`: {shown}"
        )
    for at, patch in patches:
        try:
            target = resources.named(resources.openapi.id_of(patch))
            _merge_into(resources, [target], patch, Patch())
        except BuildError as error:
            raise error.located(field=f"[{at}]") from error


def apply_json6902(resources: ResourceMap, patch: Patch, read: Read) -> None:
    """Apply one entry of `patchesJson6902`."""
    try:
        operations = _load_json6902(patch, read)
    except BuildError as error:
        raise _misconfigured("PatchJson6902Transformer", patch, error, text_key="jsonOp") from error
    _apply_operations(resources, operations, patch.target or Selector(), file=patch.path, renames=False)


def _load_json6902(patch: Patch, read: Read) -> tuple[Any, ...]:
    if patch.target is None or not patch.target.name:
        raise InvalidPatch("is missing", field="target.name").saying("must specify the target name")
    if bool(patch.path) == bool(patch.patch):
        both = "must specify a file path or jsonOp, not both" if patch.path else "empty file path and empty jsonOp"
        raise InvalidPatch(_BOTH if patch.path else _NEITHER).saying(both)
    text = read(patch.path).decode("utf-8", "replace") if patch.path else patch.patch
    operations = _operations(text)
    if not operations:
        said = f"patch appears to be empty; file={patch.path}, JsonOp={text.strip()}"
        raise InvalidPatch("has no operation", file=patch.path).saying(said)
    return operations


def _misconfigured(transformer: str, patch: Patch, error: BuildError, *, text_key: str = "patch") -> BuildError:
    """Return the error as kustomize tells it: with the entry that it could not use."""
    if _holds_secret(patch, patch.patch):
        return error.within(f"trouble configuring builtin {transformer}")
    return error.within(f"trouble configuring builtin {transformer} with config: `\n{_entry(patch, text_key)}`")


def _entry(patch: Patch, text_key: str) -> str:
    """Return an entry of `patches` as YAML, what is empty left out."""
    entry: dict[str, Any] = {text_key: patch.patch, "path": patch.path}
    options = {"allowNameChange": patch.allow_name_change, "allowKindChange": patch.allow_kind_change}
    entry["options"] = {name: value for name, value in options.items() if value}
    if patch.target is not None:
        names = {"label_selector": "labelSelector", "annotation_selector": "annotationSelector"}
        fields = patch.target._asdict()
        entry["target"] = {names.get(name, name): value for name, value in fields.items() if value}
    return yamlio.dump({name: value for name, value in entry.items() if value})


def _load(patch: Patch, read: Read) -> _Loaded:
    inline = patch.patch.strip()
    if bool(inline) == bool(patch.path):
        fault = "patch and path can't be set at the same time" if inline else "must specify one of patch and path in"
        shown = "" if _holds_secret(patch, inline) else f"\n{_entry(patch, 'patch')}"
        raise InvalidPatch(_BOTH if inline else _NEITHER).saying(f"{fault}{shown}")
    if inline:
        text = inline
    else:
        try:
            text = read(patch.path).decode("utf-8", "replace")
        except BuildError as error:
            said = f"failed to get the patch file from path({patch.path})"
            raise error.within(said).located(field="path") from error
    try:
        return _understood(text, _shown(patch, text), patch.path)
    except BuildError as error:
        raise error.located(field="path" if patch.path else "patch") from error


def _understood(text: str, shown: str, file: str) -> _Loaded:
    """Take the text for what it can be read as; neither and both are errors."""
    merges = operations = None
    try:
        merges = tuple(reading.patches(text, file=file))
    except BuildError as error:
        reason = error
    try:
        operations = _operations(text)
    except BuildError as operations_error:
        if merges is None:
            raise _no_patch(text, file, reason, operations_error).saying(
                f"unable to parse SM or JSON patch from {shown}"
            ) from reason
    if merges and operations:
        raise InvalidPatch("is both a list of operations and a resource", file=file).saying(
            f"illegally qualifies as both an SM and JSON patch: {shown}"
        )
    if merges is not None:
        return _Loaded(shown=shown, text=text, merges=merges)
    return _Loaded(shown=shown, operations=operations or ())


def _no_patch(text: str, file: str, resource: BuildError, operations: BuildError) -> InvalidPatch:
    """Return the error for a text that is neither a resource nor a list of operations, by what it looks like."""
    fault = operations if text.lstrip().startswith(("-", "[")) else resource
    what = f"{fault.field} {fault.reason}" if fault.field else fault.reason
    where = f" (in its line {fault.line})" if fault.line and not file else ""
    return InvalidPatch(f"is no patch: {what}{where}", file=file, line=fault.line, advice=fault.advice)


def _operations(text: str) -> tuple[Any, ...]:
    """Return the operations of a JSON 6902 patch, which is a list of mappings, in YAML or JSON."""
    try:
        # What begins like JSON has to be JSON.
        documents = [jsontexts.load(text)] if text.startswith("[") else yamlio.load_all(text, last_wins=True)
    except yamlio.YAMLError as error:
        raise reading.malformed(text, error, "").saying(str(error)) from error
    first = documents[0] if documents else []
    if not isinstance(first, list) or not all(isinstance(operation, dict) for operation in first):
        said = "json: cannot unmarshal object into Go value of type jsonpatch.Patch"
        raise InvalidPatch("is no list of operations").saying(said)
    return tuple(first)


def _apply_merges(resources: ResourceMap, patch: Patch, loaded: _Loaded) -> None:
    if patch.target is None:
        for merge in loaded.merges:
            wanted = resources.openapi.id_of(merge)
            try:
                target = resources.named(wanted)
            except BuildError as error:
                shown = f'no resource matches strategic merge patch "{wanted}"'
                fault = InvalidPatch(
                    error.reason, file=patch.path, field="" if patch.path else "patch", advice=error.advice
                )
                raise fault.saying(f"{shown}: {error}") from error
            _merge_one(target, merge, patch, loaded.text)
        resources.changed()
        return
    if len(loaded.merges) > 1:
        raise InvalidPatch(
            "is set for several patches at once", field="target", advice="Give each document an entry of its own."
        ).saying(
            "Multiple Strategic-Merge Patches in one `patches` entry is not allowed to set `patches.target` field: "
            + loaded.shown
        )
    _merge_into(resources, selecting.select(resources, patch.target), loaded.merges[0], patch, loaded.text)


def _merge_into(resources: ResourceMap, targets: list[Resource], merge: Object, patch: Patch, source: str = "") -> None:
    for target in targets:
        # A patch found by its target takes that object's version: only the kind is the patch's own.
        _merge_one(target, {**_copied(merge), "apiVersion": target.obj.get("apiVersion")}, patch, source)
    if targets:
        remaining = [resource for resource in resources if resource.obj]
        resources.replace_all(())
        resources.extend(remaining)


def _copied(merge: Object) -> Object:
    """Return the patch as kustomize copies it for its targets: labels and annotations become text, nulls too.

    So a patch that is given a target cannot remove a label by setting it to null: it sets it to "null".
    """
    metadata = dict(merge.get("metadata") or {})
    for field in ("labels", "annotations"):
        values = metadata.pop(field, None)
        if isinstance(values, dict) and values:
            metadata[field] = {key: "null" if value is None else ids.text(value) for key, value in values.items()}
    return {**merge, "metadata": metadata}


def _merge_one(target: Resource, merge: Object, patch: Patch, source: str) -> None:
    kind, name, namespace = target.obj.get("kind"), target.metadata().get("name"), target.namespace
    if patch.allow_name_change or patch.allow_kind_change:
        target.remember()
    try:
        result = strategic.merge(target.obj, merge, target.openapi.schema, source=source)
    except InvalidPatch as error:
        reason = f"does not fit {target.id.title}: {error.reason}"
        fault = InvalidPatch(reason, file=patch.path, field=error.field, advice=error.advice).saying(str(error))
        raise (fault if patch.path else fault.located(field="patch")) from error
    target.obj = result or {}
    if not target.obj:
        return
    target.settle()
    if not patch.allow_kind_change:
        target.obj["kind"] = kind
    if not patch.allow_name_change:
        target.metadata()["name"] = name
    if namespace:
        target.metadata()["namespace"] = namespace
    else:
        target.metadata().pop("namespace", None)


def _apply_operations(
    resources: ResourceMap, operations: tuple[Any, ...], target: Selector, *, file: str, renames: bool
) -> None:
    field = "" if file else "patch"
    deepens = any(isinstance(each.get("value"), dict | list) or each.get("op") in _MOVES for each in operations)
    for resource in selecting.select(resources, target):
        if renames:
            resource.remember()
        resource.note()
        if any(operation.get("path") == "/metadata/annotations" for operation in operations):
            # Kustomize keeps these two among the annotations, where such a patch replaces them.
            resource.origin, resource.transformations = None, []
        try:
            resource.obj, resource.twins = json_patch(resource.obj, operations), []
        except JSONPatchError as error:
            from sluice.kustomize.patching import explaining

            reason = explaining.operation(resource, operations, error)
            raise InvalidPatch(reason, file=file, field=field).saying(str(error)) from error
        except RecursionError as error:
            raise LimitExceeded(f"nests {resource.id.title} too deeply", file=file, field=field) from error
        if deepens and jsontexts.is_too_deep(resource.obj):
            raise LimitExceeded(f"nests {resource.id.title} too deeply", file=file, field=field)
    resources.changed()


def _inline_or_file(at: int, entry: str, read: Read) -> list[Object]:
    """Return the patches of an entry of `patchesStrategicMerge`."""
    try:
        return reading.patches(entry)
    except BuildError as inline:
        try:
            return reading.patches(read(entry), file=entry)
        except BuildError as error:
            meant = inline if "\n" in entry else error
            raise meant.saying(str(error)).located(field=f"[{at}]") from error


def _shown(patch: Patch, text: str) -> str:
    """Return the patch as messages show it: its path or its text, but no text that may hold a Secret's values."""
    if patch.path:
        return f'[path: "{patch.path}"]'
    return "[patch: not shown]" if _holds_secret(patch, text) else f"[patch: {gotext.quoted(text)}]"


def _holds_secret(patch: Patch, text: str) -> bool:
    """Tell whether the text may be that of a Secret, or for one: then it stays out of messages."""
    kind = patch.target.kind if patch.target is not None else ""
    words = _SENSITIVE if kind or "kind" in text else (*_SENSITIVE, _VALUE)
    return any(word in (text + kind).lower() for word in words)
