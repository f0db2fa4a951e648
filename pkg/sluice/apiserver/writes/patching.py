"""The four patches: JSON patch, merge patch, strategic merge patch, and server-side apply."""

from typing import Any

import orjson

from sluice import merge
from sluice.apiserver import errors
from sluice.apiserver.kinds import KindInfo
from sluice.apiserver.messages import decoding
from sluice.apiserver.storage import entries
from sluice.apiserver.storage.entries import Object
from sluice.apiserver.validation import errors as fields
from sluice.apiserver.validation import goerrors
from sluice.apiserver.writes import checking, writing

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"
_MAX_OPERATIONS = 10_000


def patch(
    write: writing.Write, content_type: str, raw: bytes, *, told: decoding.Findings
) -> tuple[entries.Entry, bool]:
    """Apply the patch in `raw`; returns the entry and whether it was created (apply alone creates)."""
    accepted = _accepted(write)
    if content_type not in accepted:
        raise errors.unsupported_media_type(accepted)
    if content_type == APPLY_PATCH:
        return _apply(write, raw, told)
    if write.options.force:
        wrong = fields.forbidden("force", "may not be specified for non-apply patch")
        raise errors.invalid_kind("meta.k8s.io", "PatchOptions", "", [wrong])
    document = decoding.json_document(raw)

    def change(live: Object) -> Object:
        changed = _patched(write, content_type, live, document)
        changed = checking.body(write.kind, changed)
        try:
            decoding.unknown_fields(write.kind, changed, told)
        except errors.StatusError as refused:
            raise _invalid(write.kind, changed, refused.message) from refused
        # A patch may not move an object.
        return checking.placed(write.kind, changed, write.target)

    return writing.update(write, change), False


def _accepted(write: writing.Write) -> tuple[str, ...]:
    if write.kind.crd is None:
        return (JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, APPLY_PATCH)
    return (JSON_PATCH, MERGE_PATCH, APPLY_PATCH)


def _patched(write: writing.Write, content_type: str, live: Object, document: Any) -> Any:
    if content_type == JSON_PATCH:
        return json_patched(live, document)
    if content_type == MERGE_PATCH:
        if document is None:
            raise errors.bad_request("Invalid JSON Patch")
        if not isinstance(document, dict):
            raise errors.bad_request(f"error decoding patch: {goerrors.cannot_be(document, goerrors.MAP)}")
        return merge.merge_patch(live, document)
    if document is None:
        return live
    if not isinstance(document, dict):
        raise errors.bad_request(str(goerrors.cannot_be(document, goerrors.MAP)))
    try:
        return merge.strategic(live, document, write.kind.schema)
    except ValueError as error:
        raise errors.bad_request(str(error)) from error


def json_patched(live: Object, operations: Any) -> Any:
    """RFC 6902, with the refusals of the real server."""
    if operations is None:
        return live
    if not isinstance(operations, list):
        raise errors.bad_request(f"error decoding patch: {goerrors.cannot_be(operations, '[]handlers.jsonPatchOp')}")
    if len(operations) > _MAX_OPERATIONS:
        raise errors.too_large(
            f"The allowed maximum operations in a JSON patch is {_MAX_OPERATIONS}, got {len(operations)}"
        )
    try:
        return merge.json_patch(live, operations)
    except merge.JSONPatchError as error:
        raise errors.rejected() from error


def _invalid(kind: KindInfo, changed: Object, why: str) -> errors.StatusError:
    """A patch that leaves no object of its kind; the whole object is quoted, in the order a real server has it."""
    ordered = (
        orjson.dumps(changed, option=orjson.OPT_SORT_KEYS) if kind.crd else orjson.dumps(dict(sorted(changed.items())))
    )
    return errors.invalid_kind("", "", "", [fields.invalid("patch", ordered.decode(), why)])


def _apply(write: writing.Write, raw: bytes, told: decoding.Findings) -> tuple[entries.Entry, bool]:
    applied = _applied(write, raw, told)
    found = write.cluster.store.get(write.key)
    if found is None and write.target.subresource:
        raise errors.not_found(write.kind, write.target.name)
    _check_uid(write, applied, found)
    if found is None:
        return writing.create(write, _merged(write, None, applied), managed=True), True
    writing.meant(write.kind, applied, found.object)
    return writing.update(write, lambda live: _merged(write, live, applied), managed=True), False


def _applied(write: writing.Write, raw: bytes, told: decoding.Findings) -> Object:
    if not write.options.explicit_manager:
        missing = fields.required("fieldManager", "is required for apply patch")
        raise errors.invalid_kind("meta.k8s.io", "PatchOptions", "", [missing])
    document = decoding.any_document(raw)
    if document is not None and not isinstance(document, dict):
        why = goerrors.cannot_be(document, goerrors.MAP)
        raise errors.bad_request(f"error decoding YAML: error unmarshaling JSON: while decoding JSON: {why}")
    if not document:
        raise errors.bad_request("invalid object type: /, Kind=")
    applied = checking.placed(write.kind, checking.body(write.kind, document), write.target)
    if applied["metadata"].get("managedFields"):
        raise errors.bad_request("metadata.managedFields must be nil")
    return applied


def _check_uid(write: writing.Write, applied: Object, found: entries.Entry | None) -> None:
    """Refuse an apply that is meant for another object of this name, in the words it has for that."""
    uid, name = applied["metadata"].get("uid"), write.target.name
    if not uid:
        return
    if found is None:
        why = f"uid mismatch: the provided object specified uid {uid}, and no existing object was found"
        raise errors.conflict(write.kind, name, why)
    if uid != found.object["metadata"]["uid"]:
        raise errors.invalid(write.kind, name, [fields.invalid("metadata.uid", uid, "field is immutable")])


def _merged(write: writing.Write, live: Object | None, applied: Object) -> Object:
    if "resourceVersion" in applied["metadata"] or "uid" in applied["metadata"]:
        metadata = {key: value for key, value in applied["metadata"].items() if key not in ("resourceVersion", "uid")}
        applied = {**applied, "metadata": metadata}
    try:
        return merge.apply(
            live,
            applied,
            manager=write.options.manager,
            force=write.options.force,
            schema=write.kind.schema,
            now=write.cluster.now(),
            subresource=write.target.subresource,
            ignored=write.ignored,
        )
    except merge.Conflicts as refused:
        raise errors.apply_conflict(str(refused), [one.cause() for one in refused.conflicts]) from refused
    except merge.AppliedObjectError as refused:
        raise errors.bad_request(str(refused)) from refused
    except merge.MistypedError as refused:
        metadata = applied["metadata"]
        kind = write.kind
        subject = f"{metadata.get('namespace', '')}/{metadata['name']}; {kind.group}/{kind.version}, Kind={kind.kind}"
        raise errors.unexplained(f"failed to create typed patch object ({subject}): {refused}") from refused
