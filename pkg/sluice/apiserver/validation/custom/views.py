"""Values as rules see them: numbers as declared, and names that CEL cannot spell spelt otherwise.

(Times become times in `retyping`: CEL makes them itself.)
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

View = Callable[[Any], Any]
_Raw = Mapping[str, Any]

# fmt: off
_RESERVED: Final = frozenset({
    "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let",
    "loop", "package", "namespace", "return", "var", "void", "while",
})
# fmt: on
_ESCAPES: Final = (("__", "__underscores__"), (".", "__dot__"), ("-", "__dash__"), ("/", "__slash__"))
_METADATA: Final = {"type": "object", "properties": {"name": {"type": "string"}, "generateName": {"type": "string"}}}
_TEXT: Final = {"type": "string"}


def view(raw: _Raw, *, root: bool = False) -> View | None:
    """How values of a schema are turned into what rules see; None: they are that already."""
    if root or raw.get("x-kubernetes-embedded-resource"):
        properties = {**raw.get("properties", {}), "apiVersion": _TEXT, "kind": _TEXT, "metadata": _METADATA}
        raw = {**raw, "properties": properties}
    kind = raw.get("type")
    if kind == "number":
        return lambda value: float(value) if isinstance(value, int) else value
    if kind == "array" and isinstance(raw.get("items"), Mapping):
        return _list(view(raw["items"]))
    if isinstance(raw.get("additionalProperties"), Mapping):
        return _map(view(raw["additionalProperties"]))
    if kind == "object" and "properties" in raw and not raw.get("x-kubernetes-preserve-unknown-fields"):
        return _object({name: (escape(name), view(below)) for name, below in raw["properties"].items()}, hide=root)
    return None


def escape(name: str) -> str:
    """A property's name as rules write it."""
    if name in _RESERVED:
        return f"__{name}__"
    for text, escaped in _ESCAPES:
        name = name.replace(text, escaped)
    return name


def _object(fields: Mapping[str, tuple[str, View | None]], *, hide: bool) -> View | None:
    if not hide and all(name == spelt and below is None for name, (spelt, below) in fields.items()):
        return None

    def see(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        seen = ((fields[name], item) for name, item in value.items() if name in fields)
        return {spelt: below(item) if below else item for (spelt, below), item in seen}

    return see


def _list(item: View | None) -> View | None:
    if item is None:
        return None
    return lambda value: [item(each) for each in value] if isinstance(value, list) else value


def _map(item: View | None) -> View | None:
    if item is None:
        return None
    return lambda value: {key: item(each) for key, each in value.items()} if isinstance(value, dict) else value
