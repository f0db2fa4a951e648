"""Jobs: pods until enough have succeeded, or too many have failed."""

from sluice.apiserver.simulate import conditions, templates
from sluice.apiserver.simulate.conditions import condition
from sluice.apiserver.simulate.hands import Hands, deleted
from sluice.apiserver.storage.entries import Object

_FINISHED = ("Complete", "Failed")


def reconcile(hands: Hands, job: Object) -> float | None:
    """Start the pods that are due, and tell how it goes."""
    if deleted(job):
        return None
    status = job.get("status") or {}
    if any(conditions.holds(status, kind) for kind in _FINISHED):
        return _expired(hands, job)
    spec = job["spec"]
    found = hands.owned(job, "Pod")
    phases = [pod.get("status", {}).get("phase") for pod in found]
    succeeded, failed = phases.count("Succeeded"), phases.count("Failed")
    active = [pod for pod in found if pod.get("status", {}).get("phase") in ("Pending", "Running") and not deleted(pod)]
    if spec.get("suspend"):
        for pod in active:
            hands.delete(hands.kind("v1", "Pod"), pod)
        active = []
    elif failed <= spec.get("backoffLimit", 6):
        missing = min(spec.get("parallelism", 1), spec.get("completions", 1) - succeeded) - len(active)
        # A failed pod is tried again at once: waiting longer each time would show nothing here.
        for _ in range(missing):
            _create(hands, job)
    _report(hands, job, succeeded, failed)
    return None


def _create(hands: Hands, job: Object) -> None:
    name = f"{job['metadata']['name']}-"
    hands.create(hands.kind("v1", "Pod"), templates.pod(job, job["spec"]["template"], generateName=name))


def _report(hands: Hands, job: Object, succeeded: int, failed: int) -> None:
    before, spec, now = job.get("status") or {}, job["spec"], hands.now()
    found = hands.owned(job, "Pod")
    active = sum(pod.get("status", {}).get("phase") in ("Pending", "Running") and not deleted(pod) for pod in found)
    wanted: list[Object] = []
    over: Object = {}
    if spec.get("suspend"):
        wanted = [condition("Suspended", "True", "JobSuspended", "Job suspended")]
    elif succeeded >= spec.get("completions", 1):
        told = ("CompletionsReached", "Reached expected number of succeeded pods")
        wanted = [condition(kind, "True", *told) for kind in ("SuccessCriteriaMet", "Complete")]
        over = {"completionTime": now}
    elif failed > spec.get("backoffLimit", 6):
        told = ("BackoffLimitExceeded", "Job has reached the specified backoff limit")
        wanted = [condition(kind, "True", *told) for kind in ("FailureTarget", "Failed")]
    elif conditions.find(before, "Suspended"):
        wanted = [condition("Suspended", "False", "JobResumed", "Job resumed")]
    status: Object = {
        name: count for name, count in (("active", active), ("succeeded", succeeded), ("failed", failed)) if count
    }
    status |= {"ready": 0, "terminating": sum(map(deleted, found)), "uncountedTerminatedPods": {}}
    if not spec.get("suspend"):
        status["startTime"] = before.get("startTime", now)
    if wanted:
        times = conditions.timed(before, wanted, now)
        status["conditions"] = [{**one, "lastProbeTime": one["lastTransitionTime"]} for one in times]
    hands.report(hands.kind("batch/v1", "Job"), job, {**status, **over})


def _expired(hands: Hands, job: Object) -> float | None:
    """Remove a finished job whose time to live is over."""
    seconds = job["spec"].get("ttlSecondsAfterFinished")
    if seconds is None:
        return None
    finished = next(one for one in job["status"]["conditions"] if one["type"] in _FINISHED)
    left = seconds - hands.age(finished["lastTransitionTime"])
    if left > 0:
        return float(left)
    hands.delete(hands.kind("batch/v1", "Job"), job)
    return None
