from sluice import schema

CRD = {
    "type": "object",
    "properties": {
        "metadata": {"type": "object"},
        "spec": {
            "type": "object",
            "properties": {
                "size": {"type": "integer", "default": 3, "nullable": True},
                "port": {"x-kubernetes-int-or-string": True},
                "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                "parts": {
                    "type": "array",
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["a", "b"],
                    "items": {"type": "object", "additionalProperties": True},
                },
                "template": {"type": "object", "x-kubernetes-embedded-resource": True},
            },
        },
    },
}


def test_the_extensions_of_a_crd_are_read() -> None:
    spec = schema.structural(CRD).properties["spec"]

    assert spec.properties["size"].default == 3
    assert spec.properties["size"].nullable
    assert spec.properties["port"].int_or_string
    assert spec.properties["free"].preserve_unknown
    assert spec.properties["parts"].list_map_keys == ("a", "b")


def test_the_root_and_embedded_resources_have_the_metadata_of_every_object() -> None:
    root = schema.structural(CRD)
    template = root.properties["spec"].properties["template"]

    for node in (root, template):
        assert node.properties["metadata"].properties["finalizers"].list_type == "set"
        assert node.properties["apiVersion"].type == "string"


def test_additional_properties_may_be_anything() -> None:
    parts = schema.structural(CRD).properties["spec"].properties["parts"]

    assert parts.items is not None
    assert parts.items.additional is not None
    assert parts.items.additional.type is None


def test_a_default_of_null_is_no_missing_default() -> None:
    node = schema.structural({"properties": {"spec": {"default": None}}}).properties["spec"]

    assert node.default is None
    assert schema.structural({}).default is schema.MISSING
