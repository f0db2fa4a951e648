"""Messages written by hand: field by field, as Go clients send them."""

import base64
import json
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.apiserver.conftest import MAPS, Api

from sluice import schema
from sluice.apiserver.messages import protobuf

TABLE: dict[str, dict[str, str]] = json.loads(Path(protobuf.__file__).with_name("messages.json").read_text())


def varint(number: int) -> bytes:
    number &= (1 << 64) - 1
    out = b""
    while number > 0x7F:
        out, number = out + bytes([number & 0x7F | 0x80]), number >> 7
    return out + bytes([number])


def field(number: int, value: bytes | str | int | float) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    if isinstance(value, float):
        return varint(number << 3 | 1) + struct.pack("<d", value)
    raw = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(raw)) + raw


def envelope(api_version: str, kind: str, message: bytes) -> bytes:
    return b"k8s\x00" + field(1, field(1, api_version) + field(2, kind)) + field(2, message) + field(3, "")


def pair(key: str, value: bytes | str) -> bytes:
    return field(1, key) + field(2, value)


def test_empty_scalars_are_left_out_and_empty_pointers_kept() -> None:
    metadata = field(1, "web") + field(3, "") + field(8, b"")
    deployment = field(1, metadata) + field(2, field(1, 0) + field(5, 0) + field(7, 0))
    decoded = protobuf.decode(envelope("apps/v1", "Deployment", deployment))
    assert decoded["metadata"] == {"name": "web"}
    assert decoded["spec"] == {"replicas": 0}


def test_maps_bytes_times_quantities_and_ports_read_as_json() -> None:
    secret = field(2, pair("k", b"\x00\xff")) + field(3, "Opaque")
    assert protobuf.decode(envelope("v1", "Secret", secret))["data"] == {"k": base64.b64encode(b"\x00\xff").decode()}
    lease = field(2, field(1, "me") + field(4, field(1, 1_000_000_000) + field(2, 500_000_000)))
    spec = protobuf.decode(envelope("coordination.k8s.io/v1", "Lease", lease))["spec"]
    assert spec == {"holderIdentity": "me", "renewTime": "2001-09-09T01:46:40.500000Z"}
    port = field(3, 80) + field(4, field(1, 1) + field(3, "http"))
    numbered = field(3, 81) + field(4, field(1, 0) + field(2, 8081))
    service = protobuf.decode(envelope("v1", "Service", field(2, field(1, port) + field(1, numbered))))
    assert [one["targetPort"] for one in service["spec"]["ports"]] == ["http", 8081]
    quota = field(2, field(1, pair("pods", field(1, "10"))))
    assert protobuf.decode(envelope("v1", "ResourceQuota", quota))["spec"] == {"hard": {"pods": "10"}}


def test_inlined_messages_belong_to_their_parent() -> None:
    volume = field(1, "v") + field(2, field(19, field(1, field(1, "settings"))))
    pod = field(2, field(1, volume))
    volumes = protobuf.decode(envelope("v1", "Pod", pod))["spec"]["volumes"]
    assert volumes == [{"name": "v", "configMap": {"name": "settings"}}]


def test_schemas_may_be_booleans_lists_and_json() -> None:
    default = field(8, field(1, json.dumps({"a": [1]})))
    schema = field(5, "object") + default + field(9, 1.5) + field(30, field(1, 1))
    version = field(1, "v1") + field(4, field(1, schema))
    crd = protobuf.decode(envelope("apiextensions.k8s.io/v1", "CustomResourceDefinition", field(2, field(7, version))))
    found = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    assert found == {"type": "object", "default": {"a": [1]}, "maximum": 1.5, "additionalProperties": True}


@pytest.mark.parametrize(
    "raw",
    [
        b"{}",
        envelope("v1", "Nothing", b""),
        envelope("v1", "ConfigMap", b"\x0a\xff"),
        envelope("v1", "ConfigMap", b"\x0b"),
        envelope("v1", "ConfigMap", varint(1 << 3 | 2)),
        envelope("v1", "ConfigMap", field(2, field(1, b"\xff") + field(2, "x"))),
        envelope("v1", "ConfigMap", field(1, 7)),
    ],
)
def test_what_is_no_message_is_refused(raw: bytes) -> None:
    with pytest.raises(protobuf.ProtobufError):
        protobuf.decode(raw)


async def test_a_go_clients_body_is_taken(api: Api) -> None:
    body = envelope("v1", "ConfigMap", field(1, field(1, "a")) + field(2, pair("x", "1")))
    made = await api.call("POST", MAPS, body, kind="application/vnd.kubernetes.protobuf")
    assert (made.code, made.body["data"]) == (201, {"x": "1"})
    garbled = await api.call("POST", MAPS, b"k8s\x00\xff", kind="application/vnd.kubernetes.protobuf")
    assert (garbled.code, garbled.body["reason"]) == (400, "BadRequest")


def named_fields(message: str) -> dict[str, str]:
    """JSON names and types of a message's fields, those of inlined messages included."""
    found: dict[str, str] = {}
    for described in TABLE[message].values():
        name, _, kind = described.rpartition(":")
        found |= {name: kind.rstrip("?~")} if name else named_fields(kind)
    return found


def differences(message: str, node: schema.Schema, seen: set[str]) -> Iterator[str]:
    """Fields that the table or the schema has alone, below a message."""
    if message in seen:
        return
    seen.add(message)
    fields = named_fields(message)
    for name in (fields.keys() ^ node.properties.keys()) - {"apiVersion", "kind"}:
        yield f"{message}.{name}"
    for name, kind in fields.items():
        below = node.property(name)
        if below is not None and kind.startswith(("[", "{")):
            below = below.items if kind.startswith("[") else below.additional
        if below is not None and below.properties and kind.strip("[]{}") in TABLE:
            yield from differences(kind.strip("[]{}"), below, seen)


def test_every_built_in_kind_has_the_fields_of_its_schema() -> None:
    # The table comes from Go's types, the schemas from OpenAPI: where they agree neither is stale.
    seen: set[str] = set()
    for gvk in schema.builtin_kinds():
        node = schema.builtin(gvk)
        assert node is not None
        group = gvk.group.partition(".")[0] or "core"
        assert list(differences(f"{group}/{gvk.version}.{gvk.kind}", node, seen)) == []
    assert len(seen) > 400
