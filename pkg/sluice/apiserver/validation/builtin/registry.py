"""Which rules a kind goes by."""

from collections.abc import Mapping
from typing import Final

from sluice.apiserver.validation import names
from sluice.apiserver.validation.builtin.kinds import (
    access_checks,
    autoscaler_checks,
    batch_checks,
    config_checks,
    config_defaults,
    definition_checks,
    event_checks,
    extension_defaults,
    network_checks,
    network_defaults,
    pod_checks,
    pod_defaults,
    policy_checks,
    policy_defaults,
    service_checks,
    storage_checks,
    storage_defaults,
    webhook_checks,
    workload_checks,
    workload_defaults,
)
from sluice.apiserver.validation.builtin.rules import Rules
from sluice.schema import GVK

_EVENT: Final = Rules(name=names.anything, validate=event_checks.validate)
_PLAIN: Final = Rules()

_CORE: Final[Mapping[str, Rules]] = {
    "ConfigMap": Rules(
        validate=config_checks.validate_config_map,
        validate_update=config_checks.validate_config_map_update,
    ),
    "Endpoints": Rules.repeated(network_checks.validate_endpoints, default=network_defaults.default_endpoints),
    "Event": _EVENT,
    "LimitRange": Rules.repeated(policy_checks.validate_limit_range, default=policy_defaults.default_limit_range),
    "Namespace": Rules(name=names.dns_label, validate=config_checks.validate_namespace),
    "PersistentVolume": Rules(
        default=storage_defaults.default_volume,
        validate=storage_checks.validate_volume,
        validate_update=storage_checks.validate_volume_update,
    ),
    "PersistentVolumeClaim": Rules(
        default=storage_defaults.default_claim,
        validate=storage_checks.validate_claim,
        validate_update=storage_checks.validate_claim_update,
    ),
    "Pod": Rules(
        default=pod_defaults.default_pod,
        validate=pod_checks.validate_pod,
        validate_update=pod_checks.validate_pod_update,
    ),
    "PodTemplate": Rules(default=workload_defaults.default_pod_template),
    "ReplicationController": Rules.repeated(
        workload_checks.validate_replication_controller, default=workload_defaults.default_replication_controller
    ),
    "ResourceQuota": Rules.repeated(policy_checks.validate_quota),
    "Secret": Rules(
        default=config_defaults.default_secret,
        validate=config_checks.validate_secret,
        validate_update=config_checks.validate_secret_update,
    ),
    "Service": Rules(
        name=names.dns_label,
        default=network_defaults.default_service,
        validate=service_checks.validate,
        validate_update=service_checks.validate_update,
    ),
}

_APPS: Final[Mapping[str, Rules]] = {
    "DaemonSet": Rules(
        default=workload_defaults.default_daemon_set,
        validate=workload_checks.validate_daemon_set,
        validate_update=workload_checks.validate_daemon_set_update,
    ),
    "Deployment": Rules(
        default=workload_defaults.default_deployment,
        validate=workload_checks.validate_deployment,
        validate_update=workload_checks.validate_deployment_update,
    ),
    "ReplicaSet": Rules(
        default=workload_defaults.default_replica_set,
        validate=workload_checks.validate_replica_set,
        validate_update=workload_checks.validate_replica_set_update,
    ),
    "StatefulSet": Rules(
        default=workload_defaults.default_stateful_set,
        validate=workload_checks.validate_stateful_set,
        validate_update=workload_checks.validate_stateful_set_update,
    ),
}

_BATCH: Final[Mapping[str, Rules]] = {
    "CronJob": Rules(
        default=workload_defaults.default_cron_job,
        validate=batch_checks.validate_cron_job,
        validate_update=batch_checks.validate_cron_job_update,
    ),
    "Job": Rules(
        default=workload_defaults.default_job,
        validate=batch_checks.validate_job,
        validate_update=batch_checks.validate_job_update,
    ),
}

_NETWORKING: Final[Mapping[str, Rules]] = {
    "Ingress": Rules(
        validate=network_checks.validate_ingress,
        validate_update=network_checks.validate_ingress_update,
    ),
    "IngressClass": Rules(
        default=network_defaults.default_ingress_class,
        validate=network_checks.validate_ingress_class,
        validate_update=network_checks.validate_ingress_class_update,
    ),
    "NetworkPolicy": Rules.repeated(network_checks.validate_policy, default=network_defaults.default_network_policy),
}

_RBAC: Final[Mapping[str, Rules]] = {
    "ClusterRole": Rules.repeated(access_checks.validate_cluster_role, name=names.path_segment),
    "ClusterRoleBinding": Rules(
        name=names.path_segment,
        default=policy_defaults.default_binding,
        validate=access_checks.validate_cluster_role_binding,
        validate_update=access_checks.validate_cluster_role_binding_update,
    ),
    "Role": Rules.repeated(access_checks.validate_role, name=names.path_segment),
    "RoleBinding": Rules(
        name=names.path_segment,
        default=policy_defaults.default_binding,
        validate=access_checks.validate_role_binding,
        validate_update=access_checks.validate_role_binding_update,
    ),
}

_STORAGE: Final[Mapping[str, Rules]] = {
    "CSIDriver": Rules(default=storage_defaults.default_driver),
    "StorageClass": Rules(
        default=storage_defaults.default_storage_class,
        validate=storage_checks.validate_class,
        validate_update=storage_checks.validate_class_update,
    ),
}

_ADMISSION: Final[Mapping[str, Rules]] = {
    "MutatingAdmissionPolicy": Rules(default=extension_defaults.default_admission_policy),
    "MutatingAdmissionPolicyBinding": Rules(default=extension_defaults.default_admission_binding),
    "MutatingWebhookConfiguration": Rules.repeated(
        webhook_checks.validate, default=extension_defaults.default_mutating_webhooks
    ),
    "ValidatingAdmissionPolicy": Rules(default=extension_defaults.default_admission_policy),
    "ValidatingAdmissionPolicyBinding": Rules(default=extension_defaults.default_admission_binding),
    "ValidatingWebhookConfiguration": Rules.repeated(
        webhook_checks.validate, default=extension_defaults.default_validating_webhooks
    ),
}

_GROUPS: Final[Mapping[str, Mapping[str, Rules]]] = {
    "": _CORE,
    "admissionregistration.k8s.io": _ADMISSION,
    "apiextensions.k8s.io": {
        "CustomResourceDefinition": Rules(
            default=extension_defaults.default_definition,
            validate=definition_checks.validate,
            validate_update=definition_checks.validate_update,
        )
    },
    "apiregistration.k8s.io": {
        "APIService": Rules.repeated(
            webhook_checks.validate_api_service, default=extension_defaults.default_api_service
        )
    },
    "apps": _APPS,
    "autoscaling": {
        "HorizontalPodAutoscaler": Rules.repeated(
            autoscaler_checks.validate, default=policy_defaults.default_autoscaler
        )
    },
    "batch": _BATCH,
    "coordination.k8s.io": {"Lease": Rules.repeated(policy_checks.validate_lease)},
    "discovery.k8s.io": {
        "EndpointSlice": Rules.repeated(
            network_checks.validate_endpoint_slice, default=network_defaults.default_endpoint_slice
        )
    },
    "events.k8s.io": {"Event": _EVENT},
    "networking.k8s.io": _NETWORKING,
    "policy": {"PodDisruptionBudget": Rules.repeated(policy_checks.validate_disruption_budget)},
    "rbac.authorization.k8s.io": _RBAC,
    "scheduling.k8s.io": {
        "PriorityClass": Rules(
            default=policy_defaults.default_priority_class,
            validate=policy_checks.validate_priority_class,
            validate_update=policy_checks.validate_priority_class_update,
        )
    },
    "storage.k8s.io": _STORAGE,
}
# The only kind whose versions differ in what is filled in.
_AUTOSCALER_V1: Final = Rules.repeated(autoscaler_checks.validate, default=policy_defaults.default_autoscaler_v1)


def rules(gvk: GVK) -> Rules:
    """The kind's own rules, or those that go for every kind."""
    if gvk.group == "autoscaling" and gvk.version == "v1":
        return _AUTOSCALER_V1
    return _GROUPS.get(gvk.group, {}).get(gvk.kind, _PLAIN)
