from sluice import schema
from sluice.schema import GVK


def test_the_core_group_comes_first_and_a_preferred_version_before_the_other() -> None:
    kinds = list(schema.builtin_kinds())

    assert kinds[0].group == ""
    autoscaling = [gvk.version for gvk in kinds if gvk.group == "autoscaling"]
    assert autoscaling == ["v2", "v1"]


def test_a_kind_knows_its_names_verbs_and_subresources() -> None:
    deployment = schema.builtin_kinds()[GVK("apps", "v1", "Deployment")]

    assert (deployment.plural, deployment.singular, deployment.short_names) == (
        "deployments",
        "deployment",
        ("deploy",),
    )
    assert deployment.categories == ("all",)
    assert deployment.namespaced
    assert deployment.generation
    assert "watch" in deployment.verbs
    assert deployment.subresources["scale"].gvk == GVK("autoscaling", "v1", "Scale")
    assert deployment.subresources["status"].gvk == deployment.gvk


def test_namespaces_are_not_deleted_by_the_dozen() -> None:
    namespace = schema.builtin_kinds()[GVK("", "v1", "Namespace")]

    assert not namespace.namespaced
    assert "deletecollection" not in namespace.verbs
    assert namespace.subresources["finalize"].verbs == ("update",)


def test_two_kinds_are_stored_as_another_version() -> None:
    elsewhere = {kind.gvk: kind.storage for kind in schema.builtin_kinds().values() if kind.storage != kind.gvk}

    assert elsewhere == {
        GVK("autoscaling", "v1", "HorizontalPodAutoscaler"): GVK("autoscaling", "v2", "HorizontalPodAutoscaler"),
        GVK("events.k8s.io", "v1", "Event"): GVK("", "v1", "Event"),
    }


def test_a_gvk_reads_and_writes_api_versions() -> None:
    assert GVK.of("v1", "Pod") == GVK("", "v1", "Pod")
    assert GVK.of("apps/v1", "Deployment") == GVK("apps", "v1", "Deployment")
    assert str(GVK.of("apps/v1", "Deployment")) == "apps/v1, Kind=Deployment"
