"""ServiceAccounts that stand for an account of a cloud provider (`IAMPolicyGenerator`)."""

from sluice.kustomize.errors import InvalidResource
from sluice.kustomize.model.resources import Object, Resource

_GKE = "gke"


def service_account(*, cloud: str, account: str, project: str, name: str, namespace: str) -> list[Resource]:
    """Return the ServiceAccount `name` that acts as `account` of the project; only Google's cloud is known."""
    if cloud != _GKE:
        raise InvalidResource(f'is "{cloud}", and only "{_GKE}" is known', field="cloud").saying(
            f"cloud provider {cloud} not supported yet"
        )
    if not name:
        raise InvalidResource("is missing", field="kubernetesService.name")
    metadata: Object = {
        "annotations": {"iam.gke.io/gcp-service-account": f"{account}@{project}.iam.gserviceaccount.com"},
        "name": name,
    }
    if namespace:
        metadata["namespace"] = namespace
    return [Resource({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})]
