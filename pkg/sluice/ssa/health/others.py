"""Health of jobs, services, volume claims, disruption budgets and custom resource definitions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sluice.ssa.health import reading, verdicts

Object = Mapping[str, Any]


def job(obj: Object) -> verdicts.Health:
    """Complete or suspended; unlike kstatus, Flux waits for the end, not for the start."""
    if reading.part(obj, "spec").get("suspend") is True:
        return verdicts.current("Job is suspended")
    for kind, verdict in (("Failed", verdicts.failed), ("Complete", verdicts.current)):
        found = reading.condition(obj, kind)
        if found is not None and found.get("status") == "True":
            return verdict(reading.message(found, f"Job {kind}"))
    return verdicts.in_progress(_progress(obj))


def _progress(obj: Object) -> str:
    spec, status = reading.part(obj, "spec"), reading.part(obj, "status")
    if not status.get("startTime"):
        return f"Job not started. active: 0/{reading.number(spec, 'parallelism', 1)}"
    succeeded, active, failed = (reading.number(status, key) for key in ("succeeded", "active", "failed"))
    return f"Job in progress. success:{succeeded}, active: {active}, failed: {failed}"


def service(obj: Object) -> verdicts.Health:
    """A load balancer counts once it has a cluster address; other Services at once."""
    spec = reading.part(obj, "spec")
    if spec.get("type") == "LoadBalancer" and not spec.get("clusterIP"):
        return verdicts.in_progress("ClusterIP not set. Service type: LoadBalancer")
    return verdicts.current("Service is ready")


def claim(obj: Object) -> verdicts.Health:
    """Bound to a volume."""
    phase = reading.part(obj, "status").get("phase") or "unknown"
    return (
        verdicts.current("PVC is Bound")
        if phase == "Bound"
        else verdicts.in_progress(f"PVC is not Bound. phase: {phase}")
    )


def budget(obj: Object) -> verdicts.Health:
    """Seen by its controller, which is known by now."""
    return verdicts.current("AllowedDisruptions has been computed.")


def definition(obj: Object) -> verdicts.Health:
    """Names accepted, and served. The first condition that decides does."""
    for one in reading.conditions(obj):
        kind, status = one.get("type"), one.get("status")
        if kind == "NamesAccepted" and status == "False":
            return verdicts.failed(reading.message(one, "Names not accepted"))
        if kind == "Established" and status == "True":
            return verdicts.current("CRD is established")
        if kind == "Established" and status == "False" and one.get("reason") != "Installing":
            return verdicts.failed(reading.message(one, "Not established"))
    return verdicts.in_progress("Install in progress")
