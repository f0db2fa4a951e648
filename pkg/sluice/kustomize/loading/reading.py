"""From the bytes of a file to resources."""

from typing import Any

from sluice import yamlio
from sluice.kustomize.errors import InvalidResource
from sluice.kustomize.model.resources import Object, Resource

# kustomize rewrites annotations as the text they were written with; everything else keeps its YAML type.
_VERBATIM: yamlio.Verbatim = {"metadata": {"annotations": {}}}


def resources(content: bytes | str, *, file: str = "") -> list[Resource]:
    """Return the resources of a YAML or JSON text: every document, lists taken apart.

    InvalidResource when the text is not YAML or a document has no kind or no name.
    """
    return [Resource(obj) for obj in objects(content, file=file)]


def patches(content: bytes | str, *, file: str = "") -> list[Object]:
    """Return the objects of a patch: as `objects`, but an annotation that is null is null, for it removes one."""
    found = objects(content, file=file)
    for patch, plain in zip(found, objects(content, file=file, verbatim=None), strict=True):
        annotations = (plain.get("metadata") or {}).get("annotations")
        for key, value in annotations.items() if isinstance(annotations, dict) else ():
            if value is None:
                patch["metadata"]["annotations"][key] = None
    return found


def objects(content: bytes | str, *, file: str = "", verbatim: yamlio.Verbatim | None = _VERBATIM) -> list[Object]:
    """As `resources`, without what the build remembers about them."""
    documents = parse(content, file=file, verbatim=verbatim)
    if len(documents) == 1 and _is_plain_list(documents[0]):
        documents = [item for item in documents[0].get("items") or () if item]
    return _flattened([_checked(document, file) for document in documents if document not in ({}, [])], file)


def parse(content: bytes | str, *, file: str = "", verbatim: yamlio.Verbatim | None = _VERBATIM) -> list[Any]:
    """Return the documents that are not empty, as kustomize reads them."""
    try:
        return yamlio.load_all(content, source=file, dialect=yamlio.Dialect.KUSTOMIZE, verbatim=verbatim)
    except yamlio.YAMLError as error:
        raise InvalidResource(f"MalformedYAMLError: {error}", file=file, line=error.line) from error


def _is_plain_list(document: Any) -> bool:
    return isinstance(document, dict) and document.get("kind") in ("List", "ResourceList") and "items" in document


def _flattened(found: list[Object], file: str) -> list[Object]:
    """Take lists apart; what was in a list comes after everything else, as with kustomize."""
    flat: list[Object] = []
    pending = found
    at = 0
    while at < len(pending):
        obj = pending[at]
        at += 1
        kind = str(obj["kind"])
        if not kind.endswith("List") or "items" not in obj:
            flat.append(obj)
            continue
        items = obj["items"]
        if items is None:
            continue
        if not isinstance(items, list):
            shown = "map[string]interface {}" if isinstance(items, dict) else type(items).__name__
            raise InvalidResource(f"expected array in {kind}/items, but found {shown}", file=file, field="items")
        pending = pending + [_checked(item, file) for item in items if item]
    return flat


def _checked(document: Any, file: str) -> Object:
    """Return the document if it is an object with a kind and a name."""
    if not isinstance(document, dict):
        raise InvalidResource("missing Resource metadata", file=file)
    metadata = document.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    api_version, kind = document.get("apiVersion") or "", document.get("kind") or ""
    name, namespace = metadata.get("name") or "", metadata.get("namespace") or ""
    if not (api_version or kind or name or namespace or metadata.get("labels") or metadata.get("annotations")):
        raise InvalidResource("missing Resource metadata", file=file)
    if not kind or (name == "" and not str(kind).endswith("List")):
        what, field = ("kind", "kind") if not kind else ("metadata.name", "metadata.name")
        # The shape is that of the Go value which kustomize prints here; labels and annotations stay out of it.
        shown = f"{{{{{api_version} {kind}}} {{{{{name} {namespace}}} map[] map[]}}}}"
        raise InvalidResource(f"missing {what} in object {shown}", file=file, field=field)
    return document
