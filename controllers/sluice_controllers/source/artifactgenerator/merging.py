"""YAML files as one: maps are merged as Helm merges values, everything else is replaced."""

from pathlib import Path
from typing import Any

from sluice import yamlio
from sluice_controllers.source.artifactgenerator.places import CopyError


def merge_file(source: Path, into: Path) -> None:
    """Merge the documents of a file into those of another one, which becomes one document. Raises CopyError."""
    into.write_text(yamlio.dump(_merged(_loaded(into), _loaded(source))))


def _loaded(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    try:
        documents = list(yamlio.load_all(file.read_bytes()))
    except yamlio.YAMLError as error:
        raise CopyError(f"cannot unmarshal YAML document: {error}") from None
    for document in documents:
        if document is not None and not isinstance(document, dict):
            raise CopyError("cannot unmarshal YAML document: it is not a map")
        found = _merged(found, document or {})
    return found


def _merged(base: dict[str, Any], overlay: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in overlay.items():
        before = merged.get(key)
        merged[key] = _merged(before, value) if isinstance(before, dict) and isinstance(value, dict) else value
    return merged
