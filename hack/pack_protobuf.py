"""Packs how Kubernetes' Go types go over the wire in protobuf: `pkg/sluice/apiserver/messages/protobuf/messages.json`.

    python hack/pack_protobuf.py DIRECTORY

DIRECTORY holds the Go modules k8s.io/api, k8s.io/apimachinery, k8s.io/apiextensions-apiserver and
k8s.io/kube-aggregator (a Go vendor directory's `k8s.io` does). What is taken from the `types*.go` files are facts
alone: for each struct its fields' numbers, JSON names and types. The `.proto` files would not do: they do not tell
which fields are pointers or inlined.

A field reads `name:type`, where the type is `string`, `bool`, `int`, `double`, `bytes` or another message, `[type]` for
a list, `{type}` for a map by strings. An empty name is a message whose fields belong to its parent's JSON. A trailing
`?` marks a pointer, whose zero value means something; a trailing `~` a field that JSON leaves out when it is zero.

Why it is needed, and what holds the table to the schemas: `docs/decisions/0006-protobuf-bodies.md`.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

OUTPUT = Path(__file__).parents[1] / "pkg/sluice/apiserver/messages/protobuf/messages.json"
APIEXTENSIONS = "apiextensions-apiserver/pkg/apis/apiextensions/v1"
AGGREGATION = "kube-aggregator/pkg/apis/apiregistration/v1"
META = "apimachinery/pkg/apis/meta/v1"
# Types with a wire format and a JSON form of their own; the decoder knows them by these names.
SPECIAL = {
    "metav1.Time": "Time",
    "metav1.MicroTime": "MicroTime",
    "metav1.Duration": "Duration",
    "metav1.FieldsV1": "FieldsV1",
    "resource.Quantity": "Quantity",
    "intstr.IntOrString": "IntOrString",
    "runtime.RawExtension": "RawExtension",
    "JSON": "JSON",
    "JSONSchemaPropsOrArray": "SchemaOrArray",
    "JSONSchemaPropsOrBool": "SchemaOrBool",
    "JSONSchemaPropsOrStringArray": "SchemaOrStrings",
}
SCALARS = {
    **dict.fromkeys(("int", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"), "int"),
    "string": "string",
    "bool": "bool",
    "float64": "double",
    "float32": "double",
    "[]byte": "bytes",
    "types.UID": "string",
}
STRUCT = re.compile(r"^type (\w+) struct \{$(.*?)^\}", re.MULTILINE | re.DOTALL)
ALIAS = re.compile(r"^type (\w+) ([\w.*\[\]{}]+)(?:\s*//.*)?$", re.MULTILINE)
IMPORT = re.compile(r'^\s+(\w+)?\s*"(k8s\.io/[\w./-]+)"$', re.MULTILINE)
FIELD = re.compile(r"^\s+(?:(\w+)\s+)?([\w.*\[\]]+)\s+`(.*)`", re.MULTILINE)


class Package:
    """One Go package's types."""

    def __init__(self, name: str, directory: Path) -> None:
        self.name = name
        files = [path for path in sorted(directory.glob("*.go")) if _declares(path)]
        self.text = "\n".join(path.read_text("utf-8") for path in files)
        self.imports = {
            alias or path.rpartition("/")[2]: "/".join(path.split("/")[-2:])
            for alias, path in IMPORT.findall(self.text)
        }
        self.aliases = dict(ALIAS.findall(self.text))
        self.structs = {name: body for name, body in STRUCT.findall(self.text) if "protobuf:" in body}


def _declares(path: Path) -> bool:
    return not path.name.endswith("_test.go") and not path.name.startswith(("generated", "zz_"))


def packages(root: Path) -> dict[str, Package]:
    """Every package, under the prefix its types get."""
    found = {
        f"{path.parent.name}/{path.name}": Package(f"{path.parent.name}/{path.name}", path)
        for path in sorted((root / "api").glob("*/v[0-9]"))
    }
    for name, path in (("apiextensions/v1", APIEXTENSIONS), ("apiregistration/v1", AGGREGATION), ("meta/v1", META)):
        found[name] = Package(name, root / path)
    return found


def resolved(go: str, package: Package, known: dict[str, Package]) -> str:
    """The type as the table writes it."""
    if go.rpartition(".")[0] and package.imports.get(go.rpartition(".")[0]) == "meta/v1":
        go = f"metav1.{go.rpartition('.')[2]}"
    if go in SPECIAL:
        return SPECIAL[go]
    if f"metav1.{go}" in SPECIAL and package.name == "meta/v1":
        return SPECIAL[f"metav1.{go}"]
    if go in SCALARS:
        return SCALARS[go]
    if go.startswith("[]"):
        return f"[{resolved(go[2:].lstrip('*'), package, known)}]"
    if found := re.fullmatch(r"map\[[\w.]+\](.+)", go):
        return f"{{{resolved(found[1], package, known)}}}"
    qualifier, dot, name = go.rpartition(".")
    home = known["meta/v1" if qualifier == "metav1" else package.imports[qualifier]] if dot else package
    if name in home.structs:
        return f"{home.name}.{name}"
    aliased = home.aliases[name]
    # A named list of strings within a map travels as a message with the strings in field 1; `struct{}` has no fields.
    return f"{home.name}.{name}" if name == "ExtraValue" or aliased == "struct{}" else resolved(aliased, home, known)


def fields(package: Package, body: str, known: dict[str, Package]) -> Iterator[tuple[str, str]]:
    """Numbers and descriptions of a struct's fields."""
    for _, go, tags in FIELD.findall(body):
        wire, shown = re.search(r'protobuf:"\w+,(\d+)', tags), re.search(r'json:"([^"]*)"', tags)
        if wire is None:
            continue
        name, *options = shown[1].split(",") if shown else [""]
        kind = resolved(go.removeprefix("*"), package, known)
        mark = "?" if go.startswith("*") else "~" if {"omitempty", "omitzero"} & set(options) else ""
        yield wire[1], f"{'' if 'inline' in options else name}:{kind}{mark}"


def main(root: Path) -> None:
    """Write the table."""
    known = packages(root)
    table = {
        f"{package.name}.{name}": dict(fields(package, body, known))
        for package in known.values()
        for name, body in sorted(package.structs.items())
        if f"metav1.{name}" not in SPECIAL and name not in SPECIAL
    }
    table |= {
        f"{name}.ExtraValue": {"1": ":[string]"}
        for name in ("authentication/v1", "authorization/v1", "certificates/v1")
    }
    lines = [f"{json.dumps(name)}: {json.dumps(table[name], separators=(', ', ': '))}" for name in sorted(table)]
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
