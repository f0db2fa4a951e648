"""What runs pods: deployments and sets."""

from typing import Any

from sluice.apiserver.storage.entries import Object
from sluice.apiserver.validation import errors as fields
from sluice.apiserver.validation import names
from sluice.apiserver.validation.builtin.kinds import pod_checks
from sluice.apiserver.validation.builtin.kinds.checks import (
    Errors,
    amount,
    at_most_hundred_percent,
    count_or_percent,
    immutable,
    label_selector,
    named,
    non_negative,
    one_of,
    selects,
)

_SET_UPDATE = (
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', "
    "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
)
_SET_MUTABLE = frozenset(
    {
        "replicas",
        "ordinals",
        "template",
        "updateStrategy",
        "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy",
        "minReadySeconds",
    }
)


def validate_deployment(obj: Object) -> Errors:
    """A Deployment."""
    spec = obj.get("spec") or {}
    found = non_negative("spec.replicas", spec.get("replicas"))
    found += _selector_and_template(spec, "deployment")
    found += _strategy(spec.get("strategy") or {})
    found += non_negative("spec.minReadySeconds", spec.get("minReadySeconds"))
    found += non_negative("spec.revisionHistoryLimit", spec.get("revisionHistoryLimit"))
    deadline = spec.get("progressDeadlineSeconds")
    if deadline is not None:
        found += non_negative("spec.progressDeadlineSeconds", deadline)
        if deadline <= spec.get("minReadySeconds", 0):
            found.append(
                fields.invalid("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds")
            )
    return found


def validate_deployment_update(obj: Object, old: Object) -> Errors:
    """A Deployment that replaces another."""
    return validate_deployment(obj) + _same_selector(obj, old)


def validate_replica_set(obj: Object) -> Errors:
    """A ReplicaSet."""
    spec = obj.get("spec") or {}
    found = non_negative("spec.replicas", spec.get("replicas"))
    found += non_negative("spec.minReadySeconds", spec.get("minReadySeconds"))
    return found + _selector_and_template(spec, "deployment")


def validate_replica_set_update(obj: Object, old: Object) -> Errors:
    """A ReplicaSet that replaces another."""
    return validate_replica_set(obj) + _same_selector(obj, old)


def validate_daemon_set(obj: Object) -> Errors:
    """A DaemonSet."""
    spec = obj.get("spec") or {}
    selector, template = spec.get("selector"), spec.get("template") or {}
    found = label_selector("spec.selector", selector) if selector else []
    if not found:
        found += _matching(selector, template)
    if selector is not None and not selector:
        found.append(fields.invalid("spec.selector", {}, "empty selector is invalid for daemonset"))
    found += pod_checks.validate_template(template, "spec.template")
    found += _always(template, "spec.template.spec") + _no_deadline(template, "DaemonSet")
    found += non_negative("spec.minReadySeconds", spec.get("minReadySeconds"))
    found += _daemon_update(spec.get("updateStrategy") or {})
    return found + non_negative("spec.revisionHistoryLimit", spec.get("revisionHistoryLimit"))


def validate_daemon_set_update(obj: Object, old: Object) -> Errors:
    """A DaemonSet that replaces another."""
    return _same_selector(obj, old) + validate_daemon_set(obj)


def validate_stateful_set(obj: Object) -> Errors:
    """A StatefulSet."""
    spec = obj.get("spec") or {}
    management = spec.get("podManagementPolicy") or ""
    found: Errors = []
    if management not in ("OrderedReady", "Parallel"):
        detail = "must be 'OrderedReady' or 'Parallel'"
        found.append(fields.invalid("spec.podManagementPolicy", management, detail))
    found += _set_update(spec.get("updateStrategy") or {})
    found += _retention(spec.get("persistentVolumeClaimRetentionPolicy") or {})
    found += non_negative("spec.replicas", spec.get("replicas"))
    found += non_negative("spec.minReadySeconds", spec.get("minReadySeconds"))
    found += non_negative("spec.ordinals.start", (spec.get("ordinals") or {}).get("start"))
    if spec.get("serviceName"):
        found += named("spec.serviceName", spec["serviceName"], names.dns_label)
    selector, template = spec.get("selector"), spec.get("template") or {}
    if selector is None:
        found.append(fields.required("spec.selector"))
    else:
        found += label_selector("spec.selector", selector)
        if not selector:
            found.append(fields.invalid("spec.selector", {}, "empty selector is invalid for statefulset"))
    found += _matching(selector, template)
    found += pod_checks.validate_template(template, "spec.template")
    return found + _always(template, "spec.template.spec") + _no_deadline(template, "StatefulSet")


def validate_stateful_set_update(obj: Object, old: Object) -> Errors:
    """A StatefulSet that replaces another."""
    found = validate_stateful_set(obj)
    spec, former = obj.get("spec") or {}, old.get("spec") or {}
    fixed = {key for key in {*spec, *former} if spec.get(key) != former.get(key)} - _SET_MUTABLE
    return [*found, fields.forbidden("spec", _SET_UPDATE)] if fixed else found


def _selector_and_template(spec: Object, kind: str) -> Errors:
    selector, template = spec.get("selector"), spec.get("template") or {}
    if selector is None:
        found: Errors = [fields.required("spec.selector")]
    else:
        found = label_selector("spec.selector", selector)
        if found:
            return [*found, fields.invalid("spec.selector", selector, "invalid label selector")]
        if not selector:
            found.append(fields.invalid("spec.selector", {}, f"empty selector is invalid for {kind}"))
    found += _matching(selector, template)
    found += pod_checks.validate_template(template, "spec.template")
    return found + _always(template, "spec.template.spec") + _no_deadline(template, "ReplicaSet")


def _matching(selector: Object | None, template: Object) -> Errors:
    """The template is selected; a missing selector selects nothing, an empty one everything."""
    if selector is not None and (not selector or selects(selector, _labels(template))):
        return []
    detail = "`selector` does not match template `labels`"
    return [fields.invalid("spec.template.metadata.labels", _labels(template) or None, detail)]


def _no_deadline(template: Object, kind: str) -> Errors:
    if "activeDeadlineSeconds" not in (template.get("spec") or {}):
        return []
    detail = f"activeDeadlineSeconds in {kind} is not Supported"
    return [fields.forbidden("spec.template.spec.activeDeadlineSeconds", detail)]


def validate_replication_controller(obj: Object) -> Errors:
    """A ReplicationController."""
    spec = obj.get("spec") or {}
    found = non_negative("spec.minReadySeconds", spec.get("minReadySeconds"))
    if not spec.get("selector"):
        found.append(fields.required("spec.selector"))
    found += non_negative("spec.replicas", spec.get("replicas"))
    template = spec.get("template") or {}
    if not template.get("spec", {}).get("containers") and not template.get("metadata"):
        # Defaulting made this one: there was no template at all.
        return [*found, fields.required("spec.template")]
    found += _matching({"matchLabels": spec.get("selector") or {}}, template)
    found += pod_checks.validate_template(template, "spec.template")
    return found + _always(template, "spec.template.spec")


def _labels(template: Object) -> Object:
    labels: Object = (template.get("metadata") or {}).get("labels") or {}
    return labels


def _always(template: Object, path: str) -> Errors:
    return one_of(f"{path}.restartPolicy", (template.get("spec") or {}).get("restartPolicy"), ("Always",))


def _same_selector(obj: Object, old: Object) -> Errors:
    return immutable("spec.selector", (obj.get("spec") or {}).get("selector"), (old.get("spec") or {}).get("selector"))


def _strategy(strategy: Object) -> Errors:
    kind, update = strategy.get("type"), strategy.get("rollingUpdate")
    if kind == "Recreate":
        if update is None:
            return []
        detail = "may not be specified when strategy `type` is 'Recreate'"
        return [fields.forbidden("spec.strategy.rollingUpdate", detail)]
    if kind == "RollingUpdate":
        return _rolling(update or {}, "spec.strategy.rollingUpdate")
    shown = _shown(kind, update)
    return [fields.not_supported("spec.strategy", shown, ("Recreate", "RollingUpdate"))]


def _shown(kind: Any, update: Any) -> Any:
    return fields.InOrder({"Type": kind, "RollingUpdate": update})


def _rolling(update: Object, path: str) -> Errors:
    unavailable, surge = update.get("maxUnavailable"), update.get("maxSurge")
    found = count_or_percent(f"{path}.maxUnavailable", unavailable)
    found += count_or_percent(f"{path}.maxSurge", surge)
    if amount(unavailable) == 0 and amount(surge) == 0:
        detail = "may not be 0 when `maxSurge` is 0"
        found.append(fields.invalid(f"{path}.maxUnavailable", unavailable, detail))
    return found + at_most_hundred_percent(f"{path}.maxUnavailable", unavailable)


def _daemon_update(strategy: Object) -> Errors:
    kind, update = strategy.get("type"), strategy.get("rollingUpdate") or {}
    if kind == "OnDelete":
        return []
    if kind != "RollingUpdate":
        shown = _shown(kind, strategy.get("rollingUpdate"))
        return [fields.not_supported("spec.updateStrategy", shown, ("RollingUpdate", "OnDelete"))]
    path = "spec.updateStrategy.rollingUpdate"
    unavailable, surge = update.get("maxUnavailable"), update.get("maxSurge")
    found = count_or_percent(f"{path}.maxUnavailable", unavailable)
    found += at_most_hundred_percent(f"{path}.maxUnavailable", unavailable)
    found += count_or_percent(f"{path}.maxSurge", surge)
    found += at_most_hundred_percent(f"{path}.maxSurge", surge)
    if amount(unavailable) and amount(surge):
        detail = "may not be set when maxUnavailable is non-zero"
        found.append(fields.invalid(f"{path}.maxSurge", surge, detail))
    elif not amount(unavailable) and not amount(surge):
        found.append(fields.required(f"{path}.maxUnavailable", "cannot be 0 when maxSurge is 0"))
    return found


def _set_update(strategy: Object) -> Errors:
    kind, update = strategy.get("type"), strategy.get("rollingUpdate")
    path = "spec.updateStrategy"
    if kind == "OnDelete":
        if update is None:
            return []
        detail = "only allowed for updateStrategy 'RollingUpdate'"
        shown = {"Partition": update.get("partition"), "MaxUnavailable": update.get("maxUnavailable")}
        return [fields.invalid(f"{path}.rollingUpdate", fields.InOrder(shown), detail)]
    if kind != "RollingUpdate":
        shown = _shown(kind, update)
        return [fields.invalid(path, shown, "must be 'RollingUpdate' or 'OnDelete'")]
    return non_negative(f"{path}.rollingUpdate.partition", (update or {}).get("partition"))


def _retention(policy: Object) -> Errors:
    path = "spec.persistentVolumeClaimRetentionPolicy"
    found: Errors = []
    for field in ("whenDeleted", "whenScaled"):
        found += one_of(f"{path}.{field}", policy.get(field), ("Retain", "Delete"))
    return found
