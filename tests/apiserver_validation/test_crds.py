import copy
from typing import Any

from sluice.apiserver.catalog import crds
from sluice.schema import GVK

NOW, LATER = "2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z"
CRD: dict[str, Any] = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "widgets.example.com"},
    "spec": {
        "group": "example.com",
        "scope": "Namespaced",
        "names": {
            "plural": "widgets",
            "singular": "widget",
            "kind": "Widget",
            "listKind": "WidgetList",
            "shortNames": ["wd"],
        },
        "versions": [
            {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}},
            {"name": "v1beta1", "served": True, "storage": False, "deprecated": True},
            {"name": "v1alpha1", "served": False, "storage": False},
        ],
    },
}


def crd(**spec: Any) -> dict[str, Any]:
    return {**CRD, "spec": {**CRD["spec"], **spec}}


def conditions(obj: dict[str, Any]) -> dict[str, tuple[str, str, str]]:
    return {one["type"]: (one["status"], one["reason"], one["message"]) for one in obj["status"]["conditions"]}


def test_every_served_version_is_a_kind() -> None:
    v1, v1beta1 = crds.kinds(CRD)

    assert v1.gvk == GVK("example.com", "v1", "Widget")
    assert v1beta1.storage == v1.gvk
    assert v1beta1.deprecation == "example.com/v1beta1 Widget is deprecated"
    assert (v1.plural, v1.singular, v1.list_kind, v1.short_names) == ("widgets", "widget", "WidgetList", ("wd",))
    assert v1.namespaced
    assert v1.deprecation == ""


def test_a_kind_without_columns_shows_its_age() -> None:
    (column,) = crds.kinds(CRD)[0].columns

    assert (column.name, column.type, column.json_path) == ("Age", "date", ".metadata.creationTimestamp")


def test_columns_subresources_and_selectable_fields_are_the_versions_own() -> None:
    version = {
        **CRD["spec"]["versions"][0],
        "additionalPrinterColumns": [{"name": "Ready", "type": "string", "jsonPath": ".status.ready", "priority": 1}],
        "subresources": {
            "status": {},
            "scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"},
        },
        "selectableFields": [{"jsonPath": ".spec.color"}],
    }

    (kind,) = crds.kinds(crd(versions=[version]))

    assert [(column.name, column.priority) for column in kind.columns] == [("Ready", 1)]
    assert set(kind.subresources) == {"status", "scale"}
    assert kind.scale is not None
    assert kind.scale.spec_replicas == ".spec.replicas"
    assert kind.selectable_fields == (".spec.color",)


def test_free_names_are_accepted_and_the_definition_established() -> None:
    done = crds.established(CRD, others=[], now=NOW)

    assert conditions(done) == {
        "NamesAccepted": ("True", "NoConflicts", "no conflicts found"),
        "Established": ("True", "InitialNamesAccepted", "the initial names have been accepted"),
    }
    assert done["status"]["acceptedNames"] == CRD["spec"]["names"]
    assert done["status"]["storedVersions"] == ["v1"]
    assert "status" not in CRD


def test_nothing_changes_when_nothing_changed() -> None:
    done = crds.established(CRD, others=[], now=NOW)

    assert crds.established(done, others=[], now=LATER) == done


def test_a_name_that_another_definition_has_is_not_accepted() -> None:
    other = copy.deepcopy(crds.established(CRD, others=[], now=NOW))
    names = {"plural": "wd", "singular": "gadget", "kind": "Gadget", "listKind": "GadgetList"}

    done = crds.established(crd(names=names), others=[other], now=NOW)

    assert conditions(done) == {
        "NamesAccepted": ("False", "PluralConflict", '"wd" is already in use'),
        "Established": ("False", "NotAccepted", "not all names are accepted"),
    }
    assert done["status"]["acceptedNames"]["plural"] == ""


def test_names_of_other_groups_are_no_conflict() -> None:
    other = crds.established(crd(group="example.org"), others=[], now=NOW)

    assert conditions(crds.established(CRD, others=[other], now=NOW))["NamesAccepted"][0] == "True"


def test_a_new_storage_version_is_remembered_beside_the_old_one() -> None:
    done = crds.established(CRD, others=[], now=NOW)
    versions = copy.deepcopy(CRD["spec"]["versions"])
    versions[0]["storage"], versions[1]["storage"] = False, True

    again = crds.established({**done, "spec": {**done["spec"], "versions": versions}}, others=[], now=LATER)

    assert again["status"]["storedVersions"] == ["v1", "v1beta1"]
