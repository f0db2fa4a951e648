"""The columns of what runs pods, and of what scales and protects them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sluice.apiserver.storage.entries import Object
from sluice.apiserver.tables import ages, cells, shared
from sluice.apiserver.tables.cells import AGE, NAME, at, field, number, text


def _ready_of(obj: Object) -> str:
    return f"{at(obj, 'status', 'readyReplicas', default=0)}/{at(obj, 'spec', 'replicas', default=0)}"


def _completions(job: Object) -> str:
    done, wanted = at(job, "status", "succeeded", default=0), at(job, "spec", "completions")
    if wanted is not None:
        return f"{done}/{wanted}"
    parallelism = at(job, "spec", "parallelism", default=0)
    return f"{done}/1 of {parallelism}" if parallelism > 1 else f"{done}/1"


def _job_status(job: Object) -> str:
    met = {one["type"] for one in at(job, "status", "conditions", default=[]) if one["status"] == "True"}
    deleted = {"Terminating"} if "deletionTimestamp" in job["metadata"] else set()
    order = ("Complete", "Failed", "Terminating", "Suspended", "FailureTarget", "SuccessCriteriaMet")
    return next((name for name in order if name in met | deleted), "Running")


def _job_duration(job: Object, now: datetime) -> str:
    start, end = at(job, "status", "startTime"), at(job, "status", "completionTime")
    begun = ages.moment(start) if start else None
    if begun is None:
        return ""
    return ages.duration((((ages.moment(end) if end else None) or now) - begun).total_seconds())


def _metrics(scaler: Object) -> str:
    wanted = at(scaler, "spec", "metrics", default=[])
    seen = at(scaler, "status", "currentMetrics", default=[])
    told = [_metric(one, seen[place] if place < len(seen) else {}) for place, one in enumerate(wanted)]
    more = f" + {len(told) - 2} more..." if len(told) > 2 else ""
    return ", ".join(told[:2]) + more if told else shared.NONE


def _metric(wanted: Mapping[str, Any], seen: Mapping[str, Any]) -> str:
    source = {"External": "external", "Pods": "pods", "Object": "object", "Resource": "resource"}
    key = source.get(wanted["type"], "containerResource")
    target, current = at(wanted, key, "target", default={}), at(seen, key, "current", default={})
    name = f"{wanted[key]['name']}: " if key in ("resource", "containerResource") else ""
    if "averageValue" in target:
        average = " (avg)" if key in ("external", "object") else ""
        return f"{name}{current.get('averageValue', ages.UNKNOWN)}/{target['averageValue']}{average}"
    if name:
        utilization = current.get("averageUtilization")
        shown = ages.UNKNOWN if utilization is None else f"{utilization}%"
        aim = target.get("averageUtilization")
        return f"{name}{shown}/{'<auto>' if aim is None else f'{aim}%'}"
    return f"{current.get('value', ages.UNKNOWN)}/{target.get('value', '')}"


def _controller(obj: Object) -> str:
    for owner in obj["metadata"].get("ownerReferences") or []:
        if owner.get("controller"):
            group = owner["apiVersion"].rpartition("/")[0]
            return f"{owner['kind'].lower()}{'.' if group else ''}{group}/{owner['name']}"
    return shared.NONE


_TEMPLATE = shared.template_columns("spec", "template")
_SELECTOR = shared.selector_column("spec", "selector")
_REPLICAS = (
    number("Desired", "spec", "replicas"),
    number("Current", "status", "replicas"),
    number("Ready", "status", "readyReplicas"),
)

COLUMNS: Mapping[str, tuple[cells.Column, ...]] = {
    "deployments.apps": (
        NAME,
        text("Ready", _ready_of),
        text("Up-to-date", lambda obj: at(obj, "status", "updatedReplicas", default=0)),
        text("Available", lambda obj: at(obj, "status", "availableReplicas", default=0)),
        AGE,
        *_TEMPLATE,
        _SELECTOR,
    ),
    "replicasets.apps": (NAME, *_REPLICAS, AGE, *_TEMPLATE, _SELECTOR),
    "replicationcontrollers": (
        NAME,
        *_REPLICAS,
        AGE,
        *_TEMPLATE,
        text("Selector", lambda obj: shared.labels(at(obj, "spec", "selector")), wide=True),
    ),
    "statefulsets.apps": (NAME, text("Ready", _ready_of), AGE, *_TEMPLATE),
    "daemonsets.apps": (
        NAME,
        number("Desired", "status", "desiredNumberScheduled"),
        number("Current", "status", "currentNumberScheduled"),
        number("Ready", "status", "numberReady"),
        number("Up-to-date", "status", "updatedNumberScheduled"),
        number("Available", "status", "numberAvailable"),
        text("Node Selector", lambda obj: shared.labels(at(obj, "spec", "template", "spec", "nodeSelector"))),
        AGE,
        *_TEMPLATE,
        _SELECTOR,
    ),
    "jobs.batch": (
        NAME,
        text("Status", _job_status),
        text("Completions", _completions),
        cells.Column(name="Duration", cell=_job_duration),
        AGE,
        *_TEMPLATE,
        _SELECTOR,
    ),
    "cronjobs.batch": (
        NAME,
        field("Schedule", "spec", "schedule"),
        field("Timezone", "spec", "timeZone", default=shared.NONE),
        text("Suspend", lambda obj: str(at(obj, "spec", "suspend", default=shared.UNSET)).capitalize()),
        cells.Column(name="Active", cell=lambda obj, now: len(at(obj, "status", "active", default=[])), type="integer"),
        cells.since("Last Schedule", "status", "lastScheduleTime", default=shared.NONE),
        AGE,
        *shared.template_columns("spec", "jobTemplate", "spec", "template"),
        shared.selector_column("spec", "jobTemplate", "spec", "selector"),
    ),
    "controllerrevisions.apps": (
        NAME,
        text("Controller", _controller),
        text("Revision", lambda obj: obj.get("revision", 0)),
        AGE,
    ),
    "horizontalpodautoscalers.autoscaling": (
        NAME,
        text(
            "Reference",
            lambda obj: "/".join(at(obj, "spec", "scaleTargetRef", key, default="") for key in ("kind", "name")),
        ),
        text("Targets", _metrics),
        text("MinPods", lambda obj: str(at(obj, "spec", "minReplicas", default=shared.UNSET))),
        text("MaxPods", lambda obj: at(obj, "spec", "maxReplicas", default=0)),
        text("Replicas", lambda obj: at(obj, "status", "currentReplicas", default=0)),
        AGE,
    ),
    "poddisruptionbudgets.policy": (
        NAME,
        text("Min Available", lambda obj: str(at(obj, "spec", "minAvailable", default="N/A"))),
        text("Max Unavailable", lambda obj: str(at(obj, "spec", "maxUnavailable", default="N/A"))),
        number("Allowed Disruptions", "status", "disruptionsAllowed"),
        AGE,
    ),
    "podtemplates": (
        NAME,
        *shared.template_columns("template", wide=False),
        text("Pod Labels", lambda obj: shared.labels(at(obj, "template", "metadata", "labels"))),
    ),
}
