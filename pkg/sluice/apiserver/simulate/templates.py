"""Pod templates: told apart by a hash, and made into pods."""

import json
from typing import Any

from sluice.apiserver.simulate import hands
from sluice.apiserver.storage.entries import Object
from sluice.apiserver.writes import names


def digest(template: Any, salt: int = 0) -> str:
    """A short name for a template, as Kubernetes spells them: the same for the same template, no more is promised."""
    value = 0x811C9DC5
    for byte in json.dumps([template, salt], sort_keys=True, separators=(",", ":")).encode():
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return "".join(names.ALPHABET[ord(char) % len(names.ALPHABET)] for char in str(value))


def labelled(template: Object, **labels: str) -> Object:
    """The template with more labels; underscores in their names stand for dashes."""
    metadata = dict(template.get("metadata") or {})
    more = {name.replace("_", "-"): value for name, value in labels.items()}
    metadata["labels"] = {**(metadata.get("labels") or {}), **more}
    return {**template, "metadata": metadata}


def unlabelled(template: Object, label: str) -> Object:
    """The template without a label."""
    metadata = dict(template.get("metadata") or {})
    metadata["labels"] = {name: value for name, value in (metadata.get("labels") or {}).items() if name != label}
    return {**template, "metadata": metadata}


def pod(owner: Object, template: Object, **metadata: Any) -> Object:
    """A pod of the template, controlled by `owner`; give it a name or a generateName."""
    given = template.get("metadata") or {}
    merged: Object = {"namespace": owner["metadata"]["namespace"]}
    for name in ("labels", "annotations"):
        values = {**(given.get(name) or {}), **metadata.pop(name, {})}
        if values:
            merged[name] = values
    merged |= metadata
    merged["ownerReferences"] = [hands.reference(owner)]
    return {"metadata": merged, "spec": template.get("spec") or {}}
