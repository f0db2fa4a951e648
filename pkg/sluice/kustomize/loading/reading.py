"""From the bytes of a file to resources."""

from typing import Any

from sluice import yamlio
from sluice.kustomize.errors import InvalidResource
from sluice.kustomize.model import ids
from sluice.kustomize.model.resources import Object, Resource

# kustomize rewrites annotations as the text they were written with; everything else keeps its YAML type.
VERBATIM: yamlio.Verbatim = {"metadata": {"annotations": {}}}


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


def objects(content: bytes | str, *, file: str = "", verbatim: yamlio.Verbatim | None = VERBATIM) -> list[Object]:
    """As `resources`, without what the build remembers about them."""
    return _Manifests(content, file).objects(verbatim)


def parse(content: bytes | str, *, file: str = "", verbatim: yamlio.Verbatim | None = VERBATIM) -> list[Any]:
    """Return the documents that are not empty, as kustomize reads them."""
    try:
        return yamlio.load_all(content, source=file, dialect=yamlio.Dialect.KUSTOMIZE, verbatim=verbatim)
    except yamlio.YAMLError as error:
        raise malformed(content, error, file).saying(f"MalformedYAMLError: {error}") from error


def malformed(content: bytes | str, error: yamlio.YAMLError, file: str) -> InvalidResource:
    """Return the error for a text that is not YAML."""
    from sluice.kustomize import advising

    advice = advising.malformed(content, error.line)
    return InvalidResource(f"cannot be read as YAML: {error.reason}", file=file, line=error.line, advice=advice)


_Path = tuple[int | str, ...]
"""The number of a document, and the way to an object within it."""


class _Manifests:
    """The objects of one text, which is asked where they stand when something is wrong with one."""

    def __init__(self, content: bytes | str, file: str) -> None:
        self._content = content
        self._file = file

    def objects(self, verbatim: yamlio.Verbatim | None) -> list[Object]:
        documents = parse(self._content, file=self._file, verbatim=verbatim)
        if len(documents) == 1 and _is_plain_list(documents[0]):
            return self._flattened(self._items(documents[0], (0,)))
        found = ((document, (at,)) for at, document in enumerate(documents) if document not in ({}, []))
        return self._flattened([(self._checked(document, path), path) for document, path in found])

    def _flattened(self, pending: list[tuple[Object, _Path]]) -> list[Object]:
        """Take lists apart; what was in a list comes after everything else, as with kustomize."""
        flat: list[Object] = []
        at = 0
        while at < len(pending):
            obj, path = pending[at]
            at += 1
            if ids.text(obj["kind"]).endswith("List") and "items" in obj:
                pending = pending + self._items(obj, path)
            else:
                flat.append(obj)
        return flat

    def _items(self, obj: Object, path: _Path) -> list[tuple[Object, _Path]]:
        items = obj["items"]
        if items is None:
            return []
        if not isinstance(items, list):
            shown = "map[string]interface {}" if isinstance(items, dict) else type(items).__name__
            said = f"expected array in {ids.text(obj['kind'])}/items, but found {shown}"
            said = "missing Resource metadata" if _is_plain_list(obj) else said
            raise self._fault("is no list", (*path, "items")).saying(said)
        found = ((item, (*path, "items", at)) for at, item in enumerate(items) if item)
        return [(self._checked(item, path), path) for item, path in found]

    def _checked(self, document: Any, path: _Path) -> Object:
        """Return the document if it is an object with a kind and a name."""
        if not isinstance(document, dict):
            shape = "a list" if isinstance(document, list) else "a text" if isinstance(document, str) else "a scalar"
            raise self._fault(f"is {shape}, not a Kubernetes object", path).saying("missing Resource metadata")
        metadata = document.get("metadata")
        metadata = metadata if isinstance(metadata, dict) else {}
        api_version, kind = ids.text(document.get("apiVersion")), ids.text(document.get("kind"))
        name, namespace = ids.text(metadata.get("name")), ids.text(metadata.get("namespace"))
        if not (api_version or kind or name or namespace or metadata.get("labels") or metadata.get("annotations")):
            reason = "is not a Kubernetes object: it has neither apiVersion nor kind nor metadata"
            raise self._fault(reason, path, document).saying("missing Resource metadata")
        if not kind or (name == "" and not kind.endswith("List")):
            missing = ("kind",) if not kind else ("metadata", "name")
            # The shape is that of the Go value which kustomize prints here; labels and annotations stay out of it.
            shown = f"{{{{{api_version} {kind}}} {{{{{name} {namespace}}} map[] map[]}}}}"
            said = f"missing {'.'.join(missing)} in object {shown}"
            raise self._fault("is missing", (*path, *missing), document).saying(said)
        return document

    def _fault(self, reason: str, path: _Path, document: Any = None) -> InvalidResource:
        from sluice.kustomize import advising

        document_number, *steps = path
        line = yamlio.line_of(self._content, steps, document=int(document_number)) if self._file else None
        field = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).removeprefix(".")
        advice = advising.no_resource(self._file, document)
        return InvalidResource(reason, file=self._file, line=line, field=field, advice=advice)


def _is_plain_list(document: Any) -> bool:
    return isinstance(document, dict) and document.get("kind") in ("List", "ResourceList") and "items" in document
