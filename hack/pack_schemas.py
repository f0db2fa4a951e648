"""Packs the OpenAPI definitions of Kubernetes' built-in kinds into `pkg/sluice/schema/definitions.json`.

The source is the `kubernetes-validate` wheel, a development dependency: the API server's own definitions,
made nullable for JSON Schema and without defaults. This puts them back into OpenAPI v3 form, drops
descriptions (they are nine tenths of the text) and adds the defaults: the zero value of every required
scalar, as the API server publishes it, and the few others of `hack/schema_defaults.json`. One definition per
line, so that a change of Kubernetes version reads as a diff and the loader can parse one definition without
the rest.

    python hack/pack_schemas.py            writes the file
    python hack/pack_schemas.py --check    exits 1 when the committed file differs
"""

import argparse
import importlib.resources
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

VERSION = "1.36.0"
HERE = Path(__file__).resolve().parent
TARGET = HERE.parent / "pkg" / "sluice" / "schema" / "definitions.json"
DEFAULTS = HERE / "schema_defaults.json"

ZEROS: Mapping[str, Any] = {"string": "", "integer": 0, "number": 0, "boolean": False}

# Types whose Go code marshals itself: the wheel gives them as alternatives, OpenAPI v3 in these words.
SELF_MARSHALLED: Mapping[str, Mapping[str, Any]] = {
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": {
        "format": "int-or-string",
        "oneOf": [{"type": "integer"}, {"type": "string"}],
        "x-kubernetes-int-or-string": True,
    },
    "io.k8s.apimachinery.pkg.api.resource.Quantity": {"oneOf": [{"type": "string"}, {"type": "number"}]},
}

# Only what is read: enums of built-in kinds here are those of apiVersion and kind alone, invented by the
# wheel.
DROPPED = frozenset({"description", "enum"})


def main() -> int:
    """Write or check the packed file; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    check = parser.parse_args().check
    packed = pack(wheel_definitions(), json.loads(DEFAULTS.read_text("utf-8")))
    if not check:
        TARGET.write_text(packed, "utf-8")
        return 0
    if TARGET.exists() and TARGET.read_text("utf-8") == packed:
        return 0
    print(f"{TARGET.relative_to(HERE.parent)} is stale: run python hack/pack_schemas.py", file=sys.stderr)
    return 1


def wheel_definitions() -> dict[str, Any]:
    """The wheel's definitions by name."""
    root = importlib.resources.files("kubernetes_validate") / "kubernetes-json-schema"
    text = (root / f"v{VERSION}-local" / "_definitions.json").read_text("utf-8")
    definitions: dict[str, Any] = json.loads(text)["$defs"]
    return definitions


def pack(definitions: Mapping[str, Any], defaults: Mapping[str, Mapping[str, Any]]) -> str:
    """The text of the packed file: a JSON object with one definition per line, sorted by name."""
    lines = []
    for name in sorted(definitions):
        definition = SELF_MARSHALLED.get(name) or _definition(definitions[name], defaults.get(name, {}))
        text = json.dumps(definition, sort_keys=True, separators=(",", ":"))
        lines.append(f"{json.dumps(name)}:{text}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _definition(source: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    result = _node(source)
    required = result.get("required", ())
    for name, schema in result.get("properties", {}).items():
        default = defaults[name] if name in defaults else _zero(schema) if name in required else None
        if default is not None:
            schema["default"] = default
    return result


def _zero(schema: Mapping[str, Any]) -> Any:
    kind = schema.get("type", "")
    # A formatted string (a time, bytes) is a Go type of its own and has no empty default.
    return None if kind == "string" and "format" in schema else ZEROS.get(kind)


def _node(source: Mapping[str, Any]) -> dict[str, Any]:
    result = {key: value for key, value in source.items() if key not in DROPPED}
    if "type" in result:
        result["type"] = _type(result["type"])
    if "$ref" in result:
        result["$ref"] = "#/components/schemas/" + result["$ref"].rsplit("/", 1)[-1]
    if "properties" in result:
        result["properties"] = {name: _node(schema) for name, schema in result["properties"].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(result.get(key), Mapping):
            result[key] = _node(result[key])
    return result


def _type(declared: Any) -> str:
    """The one type of a nullable pair `[type, "null"]`."""
    names = [name for name in ([declared] if isinstance(declared, str) else declared) if name != "null"]
    if len(names) != 1:
        raise ValueError(f"cannot pack a schema of types {declared}")
    return str(names[0])


if __name__ == "__main__":
    sys.exit(main())
