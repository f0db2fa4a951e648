import pytest

from sluice import schema
from sluice.schema import GVK, MISSING

DEPLOYMENT = GVK("apps", "v1", "Deployment")


def at(root: schema.Schema | None, path: str) -> schema.Schema:
    node = root
    for part in path.split("."):
        assert node is not None
        node = node.items if part == "[]" else node.additional if part == "{}" else node.property(part)
    assert node is not None, path
    return node


def test_containers_merge_by_name_whichever_merge_is_asked() -> None:
    containers = at(schema.builtin(DEPLOYMENT), "spec.template.spec.containers")

    assert containers.type == "array"
    assert (containers.list_type, containers.list_map_keys) == ("map", ("name",))
    assert (containers.merge_key, containers.patch_strategy) == ("name", ("merge",))


def test_extensions_beside_a_reference_are_kept() -> None:
    strategy = at(schema.builtin(DEPLOYMENT), "spec.strategy")

    assert strategy.patch_strategy == ("retainKeys",)
    assert strategy.property("rollingUpdate") is not None


def test_a_port_without_protocol_is_a_tcp_port() -> None:
    port = at(schema.builtin(DEPLOYMENT), "spec.template.spec.containers.[].ports.[]")

    assert at(port, "protocol").default == "TCP"
    assert at(port, "containerPort").default == 0
    assert at(port, "hostPort").default is MISSING


def test_a_required_time_has_no_default() -> None:
    condition = schema.named("io.k8s.apimachinery.pkg.apis.meta.v1.Condition")

    assert at(condition, "lastTransitionTime").default is MISSING
    assert at(condition, "type").default == ""


def test_maps_and_ports_of_two_types_are_told_apart() -> None:
    service = schema.builtin(GVK("", "v1", "Service"))

    assert at(service, "spec.ports.[].targetPort").int_or_string
    assert at(service, "spec.selector").map_type == "atomic"
    assert at(service, "metadata.labels.{}").type == "string"


def test_recursive_definitions_resolve_as_far_as_one_walks() -> None:
    crd = schema.builtin(GVK("apiextensions.k8s.io", "v1", "CustomResourceDefinition"))
    props = at(crd, "spec.versions.[].schema.openAPIV3Schema")

    assert at(props, "properties.{}.properties.{}.properties.{}").name == props.name


def test_kinds_no_server_knows_have_no_schema() -> None:
    assert schema.builtin(GVK("apps", "v1", "Deploymint")) is None
    assert schema.builtin(GVK("example.com", "v1", "Deployment")) is None


@pytest.mark.parametrize("gvk", list(schema.builtin_kinds()), ids=str)
def test_every_served_kind_has_a_schema_with_the_three_common_fields(gvk: GVK) -> None:
    node = schema.builtin(gvk)

    assert node is not None
    assert {"apiVersion", "kind", "metadata"} <= set(node.properties)


def test_every_reference_leads_to_a_definition() -> None:
    known = set(schema.definitions())

    assert len(known) > 700
    for name in known:
        for child in schema.named(name).properties.values():
            assert child.name == "" or child.name in known
            assert child.items is None or child.items.name in known | {""}
