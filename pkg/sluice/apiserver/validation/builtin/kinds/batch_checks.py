"""Jobs, and the jobs that come by the clock."""

import zoneinfo
from typing import Any

from sluice.apiserver.storage.entries import Object
from sluice.apiserver.validation import errors as fields
from sluice.apiserver.validation import names
from sluice.apiserver.validation.builtin.kinds import cron_schedules, pod_checks
from sluice.apiserver.validation.builtin.kinds.checks import (
    Errors,
    immutable,
    items,
    label_selector,
    non_negative,
    one_of,
    selects,
)

_COUNTS = ("parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished")
_ACTIONS = ("Count", "FailIndex", "FailJob", "Ignore")
_REPLACEMENTS = ("Failed", "TerminatingOrFailed")
# A job's pods and a cron job's jobs have names that are longer than theirs.
_CRON_NAME_LIMIT = 52


def validate_job(obj: Object) -> Errors:
    """A Job."""
    spec = obj.get("spec") or {}
    found = _selector(spec)
    found += _spec(spec, "spec")
    template = spec.get("template") or {}
    labels = (template.get("metadata") or {}).get("labels") or {}
    selector = spec.get("selector")
    if selector is None or not selects(selector, labels):
        detail = "`selector` does not match template `labels`"
        found.append(fields.invalid("spec.template.metadata.labels", labels or None, detail))
    return found


def _selector(spec: Object) -> Errors:
    if spec.get("selector") is None:
        return [fields.required("spec.selector")]
    return label_selector("spec.selector", spec["selector"])


def validate_job_update(obj: Object, old: Object) -> Errors:
    """A Job that replaces another: what it runs stays."""
    spec, former = obj.get("spec") or {}, old.get("spec") or {}
    found = _spec(spec, "spec")
    for field in ("completions", "selector", "template", "completionMode", "podFailurePolicy"):
        if field == "completions" and spec.get("completionMode") == "Indexed":
            continue
        if field == "template" and (former.get("suspend") or spec.get("suspend")):
            continue
        found += immutable(f"spec.{field}", spec.get(field), former.get(field))
    return found


def validate_cron_job(obj: Object) -> Errors:
    """A CronJob."""
    name = obj["metadata"].get("name") or ""
    found: Errors = []
    if len(name) > _CRON_NAME_LIMIT:
        found.append(fields.invalid("metadata.name", name, names.longer_than(_CRON_NAME_LIMIT)))
    return _cron_spec(obj.get("spec") or {}) + found


def validate_cron_job_update(obj: Object, old: Object) -> Errors:
    """A CronJob that replaces another."""
    return _cron_spec(obj.get("spec") or {})


def _cron_spec(spec: Object) -> Errors:
    schedule = spec.get("schedule") or ""
    found = cron_schedules.validate(schedule, "spec.schedule") if schedule else [fields.required("spec.schedule")]
    found += non_negative("spec.startingDeadlineSeconds", spec.get("startingDeadlineSeconds"))
    if "timeZone" in spec:
        found += _zone(spec["timeZone"])
    policies = ("Allow", "Forbid", "Replace")
    found += one_of("spec.concurrencyPolicy", spec.get("concurrencyPolicy"), policies)
    for field in ("successfulJobsHistoryLimit", "failedJobsHistoryLimit"):
        found += non_negative(f"spec.{field}", spec.get(field))
    job = (spec.get("jobTemplate") or {}).get("spec") or {}
    found += _spec(job, "spec.jobTemplate.spec")
    if job.get("manualSelector"):
        found.append(fields.not_supported("spec.jobTemplate.spec.manualSelector", True, ("nil", "false")))
    return found


def _zone(zone: str) -> Errors:
    if not zone:
        return [fields.invalid("spec.timeZone", "", "timeZone must be nil or non-empty string")]
    try:
        zoneinfo.ZoneInfo(zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return [fields.invalid("spec.timeZone", zone, f"unknown time zone {zone}")]
    return []


def _spec(spec: Object, path: str) -> Errors:
    found: Errors = []
    for field in _COUNTS:
        found += non_negative(f"{path}.{field}", spec.get(field))
    if "completionMode" in spec:
        found += one_of(f"{path}.completionMode", spec["completionMode"], ("NonIndexed", "Indexed"))
        if spec["completionMode"] == "Indexed" and "completions" not in spec:
            detail = "when completion mode is Indexed"
            found.append(fields.required(f"{path}.completions", detail))
    if "podFailurePolicy" in spec:
        found += _failure_policy(spec["podFailurePolicy"], f"{path}.podFailurePolicy")
    if "podReplacementPolicy" in spec:
        found += one_of(f"{path}.podReplacementPolicy", spec["podReplacementPolicy"], _REPLACEMENTS)
    template = spec.get("template") or {}
    found += pod_checks.validate_template(template, f"{path}.template")
    return found + _restarts(template.get("spec") or {}, f"{path}.template.spec.restartPolicy")


def _restarts(spec: Object, path: str) -> Errors:
    policy: Any = spec.get("restartPolicy")
    if policy in ("OnFailure", "Never"):
        return []
    if policy in (None, "", "Always"):
        return [fields.required(path, 'valid values: "OnFailure", "Never"')]
    return [fields.not_supported(path, policy, ("OnFailure", "Never"))]


def _failure_policy(policy: Object, path: str) -> Errors:
    found: Errors = []
    for at, rule in items(policy, "rules", path):
        found += one_of(f"{at}.action", rule.get("action"), _ACTIONS)
        if "onExitCodes" not in rule and not rule.get("onPodConditions"):
            detail = "specifying one of OnExitCodes and OnPodConditions is required"
            found.append(fields.invalid(at, fields.OMITTED, detail))
    return found
