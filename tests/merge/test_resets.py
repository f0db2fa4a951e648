import pytest

from sluice import merge


def paths(found: merge.FieldSet) -> set[str]:
    return {".".join(step.removeprefix("f:") for step in path) for path in found}


@pytest.mark.parametrize(
    ("group", "kind", "subresource", "custom", "expected"),
    [
        ("apps", "StatefulSet", "", False, {"status"}),
        ("apps", "StatefulSet", "status", False, {"spec"}),
        ("apps", "Deployment", "status", False, {"spec", "metadata.labels"}),
        ("", "Pod", "status", False, {"spec", "metadata.deletionTimestamp", "metadata.ownerReferences"}),
        ("apiextensions.k8s.io", "CustomResourceDefinition", "status", False, {"spec"}),
        ("", "Namespace", "finalize", False, {"status"}),
        ("apps", "Deployment", "scale", False, set()),
        ("x.test", "Thing", "", True, {"status"}),
        ("x.test", "Thing", "status", True, {"spec", "metadata"}),
    ],
)
def test_each_endpoint_ignores_what_is_not_its_own(
    group: str, kind: str, subresource: str, custom: bool, expected: set[str]
) -> None:
    assert paths(merge.reset_fields(group, kind, subresource=subresource, custom=custom)) == expected


def test_a_kind_without_status_subresource_lets_status_be_set() -> None:
    assert not merge.reset_fields("x.test", "Thing", custom=True, has_status=False)
