"""Health of jobs, services, volume claims and custom resource definitions."""

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
    return verdicts.in_progress("Job in progress")


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


def definition(obj: Object) -> verdicts.Health:
    """Names accepted, and served."""
    names = reading.condition(obj, "NamesAccepted")
    if names is not None and names.get("status") == "False":
        return verdicts.failed(reading.message(names, "Names not accepted"))
    if reading.is_true(obj, "Established"):
        return verdicts.current("CRD is established")
    return verdicts.in_progress("Install in progress")
