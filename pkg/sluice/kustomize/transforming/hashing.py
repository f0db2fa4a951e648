"""The suffix that names a generated ConfigMap or Secret after its content."""

import hashlib
import json
from typing import Any

from sluice.kustomize.model.resources import Object

_SUBSTITUTES = str.maketrans("013ae", "ghkmt")
# Go's JSON encoder escapes these, Python's does not.
_GO_ESCAPES = {"&": "\\u0026", "<": "\\u003c", ">": "\\u003e", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def suffix(obj: Object) -> str:
    """Return the ten characters that kustomize appends to the name."""
    kind = obj["kind"]
    if kind == "ConfigMap":
        content = {"kind": kind, "name": "", "data": obj.get("data", ""), "binaryData": obj.get("binaryData")}
        optional = "binaryData"
    elif kind == "Secret":
        content = {"kind": kind, "name": "", "type": obj.get("type", ""), "data": obj.get("data", "")}
        content["stringData"] = obj.get("stringData")
        optional = "stringData"
    else:
        content, optional = obj, ""
    if optional and not isinstance(content[optional], dict):
        del content[optional]
    digest = hashlib.sha256(_go_json(content).encode("utf-8", "surrogatepass")).hexdigest()
    return digest[:10].translate(_SUBSTITUTES)


def _go_json(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    for char, escaped in _GO_ESCAPES.items():
        text = text.replace(char, escaped)
    return text
