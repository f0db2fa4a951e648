"""Which rules a kind goes by."""

from collections.abc import Mapping
from typing import Final

from sluice.apiserver.validation import names
from sluice.apiserver.validation.builtin.kinds import (
    config_checks,
    config_defaults,
    extension_defaults,
    network_defaults,
    pod_checks,
    pod_defaults,
    policy_defaults,
    service_checks,
    storage_defaults,
    workload_checks,
    workload_defaults,
)
from sluice.apiserver.validation.builtin.rules import Rules
from sluice.schema import GVK

_RBAC: Final = "rbac.authorization.k8s.io"
_HOOKS: Final = "admissionregistration.k8s.io"

_PLAIN: Final = Rules()
_TABLE: Final[Mapping[tuple[str, str], Rules]] = {
    ("", "Pod"): Rules(
        default=pod_defaults.default_pod,
        validate=pod_checks.validate_pod,
        validate_update=pod_checks.validate_pod_update,
    ),
    ("", "ConfigMap"): Rules(
        validate=config_checks.validate_config_map, validate_update=config_checks.validate_config_map_update
    ),
    ("", "PodTemplate"): Rules(default=workload_defaults.default_pod_template),
    ("", "ReplicationController"): Rules(default=workload_defaults.default_replication_controller),
    ("", "Service"): Rules(
        name=names.dns_label,
        default=network_defaults.default_service,
        validate=service_checks.validate,
        validate_update=service_checks.validate_update,
    ),
    ("", "Endpoints"): Rules(default=network_defaults.default_endpoints),
    ("", "Namespace"): Rules(name=names.dns_label),
    ("", "Secret"): Rules(
        default=config_defaults.default_secret,
        validate=config_checks.validate_secret,
        validate_update=config_checks.validate_secret_update,
    ),
    ("", "PersistentVolumeClaim"): Rules(default=storage_defaults.default_claim),
    ("", "PersistentVolume"): Rules(default=storage_defaults.default_volume),
    ("", "LimitRange"): Rules(default=policy_defaults.default_limit_range),
    ("apps", "Deployment"): Rules(
        default=workload_defaults.default_deployment,
        validate=workload_checks.validate_deployment,
        validate_update=workload_checks.validate_deployment_update,
    ),
    ("apps", "DaemonSet"): Rules(
        default=workload_defaults.default_daemon_set,
        validate=workload_checks.validate_daemon_set,
        validate_update=workload_checks.validate_daemon_set_update,
    ),
    ("apps", "StatefulSet"): Rules(
        default=workload_defaults.default_stateful_set,
        validate=workload_checks.validate_stateful_set,
        validate_update=workload_checks.validate_stateful_set_update,
    ),
    ("apps", "ReplicaSet"): Rules(
        default=workload_defaults.default_replica_set,
        validate=workload_checks.validate_replica_set,
        validate_update=workload_checks.validate_replica_set_update,
    ),
    ("batch", "Job"): Rules(default=workload_defaults.default_job),
    ("batch", "CronJob"): Rules(default=workload_defaults.default_cron_job),
    ("discovery.k8s.io", "EndpointSlice"): Rules(default=network_defaults.default_endpoint_slice),
    ("networking.k8s.io", "NetworkPolicy"): Rules(default=network_defaults.default_network_policy),
    ("networking.k8s.io", "IngressClass"): Rules(default=network_defaults.default_ingress_class),
    ("autoscaling", "HorizontalPodAutoscaler"): Rules(default=policy_defaults.default_autoscaler),
    ("scheduling.k8s.io", "PriorityClass"): Rules(default=policy_defaults.default_priority_class),
    ("storage.k8s.io", "StorageClass"): Rules(default=storage_defaults.default_storage_class),
    ("storage.k8s.io", "CSIDriver"): Rules(default=storage_defaults.default_driver),
    (_RBAC, "Role"): Rules(name=names.path_segment),
    (_RBAC, "ClusterRole"): Rules(name=names.path_segment),
    (_RBAC, "RoleBinding"): Rules(name=names.path_segment, default=policy_defaults.default_binding),
    (_RBAC, "ClusterRoleBinding"): Rules(name=names.path_segment, default=policy_defaults.default_binding),
    ("apiextensions.k8s.io", "CustomResourceDefinition"): Rules(default=extension_defaults.default_definition),
    ("apiregistration.k8s.io", "APIService"): Rules(default=extension_defaults.default_api_service),
    (_HOOKS, "ValidatingWebhookConfiguration"): Rules(default=extension_defaults.default_validating_webhooks),
    (_HOOKS, "MutatingWebhookConfiguration"): Rules(default=extension_defaults.default_mutating_webhooks),
    (_HOOKS, "ValidatingAdmissionPolicy"): Rules(default=extension_defaults.default_admission_policy),
    (_HOOKS, "MutatingAdmissionPolicy"): Rules(default=extension_defaults.default_admission_policy),
    (_HOOKS, "ValidatingAdmissionPolicyBinding"): Rules(default=extension_defaults.default_admission_binding),
    (_HOOKS, "MutatingAdmissionPolicyBinding"): Rules(default=extension_defaults.default_admission_binding),
}
# The only kind whose versions differ in what is filled in.
_AUTOSCALER_V1: Final = Rules(default=policy_defaults.default_autoscaler_v1)


def rules(gvk: GVK) -> Rules:
    """The kind's own rules, or those that go for every kind."""
    if gvk.group == "autoscaling" and gvk.version == "v1":
        return _AUTOSCALER_V1
    return _TABLE.get((gvk.group, gvk.kind), _PLAIN)
