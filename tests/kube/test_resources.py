import pytest

from sluice import kube

DEPLOYMENTS = kube.Resource(group="apps", version="v1", kind="Deployment", plural="deployments", namespaced=True)
NAMESPACES = kube.Resource(group="", version="v1", kind="Namespace", plural="namespaces", namespaced=False)


def test_paths_lead_where_the_api_server_has_them() -> None:
    assert DEPLOYMENTS.path() == "/apis/apps/v1/deployments"
    assert DEPLOYMENTS.path("prod") == "/apis/apps/v1/namespaces/prod/deployments"
    assert DEPLOYMENTS.path("prod", "web", "status") == "/apis/apps/v1/namespaces/prod/deployments/web/status"
    assert NAMESPACES.path("", "prod") == "/api/v1/namespaces/prod"


def test_a_cluster_scoped_resource_ignores_a_namespace() -> None:
    assert NAMESPACES.path("ignored", "prod") == "/api/v1/namespaces/prod"


def test_a_name_cannot_leave_its_collection() -> None:
    assert DEPLOYMENTS.path("prod", "../secrets") == "/apis/apps/v1/namespaces/prod/deployments/..%2Fsecrets"


def test_names_with_colons_stay_readable() -> None:
    roles = kube.Resource(
        group="rbac.authorization.k8s.io", version="v1", kind="ClusterRole", plural="clusterroles", namespaced=False
    )
    assert roles.path(name="system:node").endswith("/clusterroles/system:node")


def test_a_namespaced_object_without_a_namespace_is_refused() -> None:
    with pytest.raises(kube.BadRequest, match="Deployment 'web' needs a namespace"):
        DEPLOYMENTS.path("", "web")


def test_an_object_reference_reads_like_a_path() -> None:
    ref = kube.ObjectRef.of(
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "prod"}}
    )
    assert str(ref) == "Deployment/prod/web"
    assert (ref.group, ref.version, ref.api_version) == ("apps", "v1", "apps/v1")
    namespace = kube.ObjectRef.of({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "prod"}})
    assert str(namespace) == "Namespace/prod"
    assert namespace.api_version == "v1"


def test_the_public_surface_is_what_all_says() -> None:
    assert sorted(kube.__all__) == list(kube.__all__)
    assert all(hasattr(kube, name) for name in kube.__all__)
