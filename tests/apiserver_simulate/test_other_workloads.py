from tests.apiserver_simulate.conftest import IMAGE, Yard, conditions, deployment, template

from sluice.apiserver import simulate

APPS = "apps/v1"
POD = {"containers": [{"name": "c", "image": IMAGE}], "restartPolicy": "Never"}


def stateful(**spec: object) -> dict[str, object]:
    claim = {
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    return {**deployment(), "serviceName": "s", "volumeClaimTemplates": [claim], **spec}


async def test_a_stateful_set_starts_its_pods_in_order_with_their_claims(yard: Yard) -> None:
    async with yard.running(delay=1.0):
        yard.create(APPS, "StatefulSet", "db", spec=stateful())
        await yard.pass_time(0.5)
        assert [pod["metadata"]["name"] for pod in yard.list("pods")] == ["db-0"]
        await yard.pass_time(3)
        status = yard.get(APPS, "StatefulSet", "db")["status"]
        assert [pod["metadata"]["name"] for pod in yard.list("pods")] == ["db-0", "db-1"]
        claims = {one["metadata"]["name"]: one["status"]["phase"] for one in yard.list("persistentvolumeclaims")}
    assert claims == {"data-db-0": "Bound", "data-db-1": "Bound"}
    assert status["currentRevision"] == status["updateRevision"]
    counts = {name: value for name, value in status.items() if not name.endswith("Revision")}
    assert counts == {
        "observedGeneration": 1,
        "replicas": 2,
        "readyReplicas": 2,
        "currentReplicas": 2,
        "updatedReplicas": 2,
        "availableReplicas": 2,
        "collisionCount": 0,
    }


async def test_a_stateful_set_is_renewed_from_the_last_to_the_first(yard: Yard) -> None:
    async with yard.running(delay=0.3):
        yard.create(APPS, "StatefulSet", "db", spec=stateful(replicas=3))
        await yard.pass_time(3)
        yard.respec(APPS, "StatefulSet", "db", template=template(image="registry.test/app:2"))
        seen: list[str] = []
        for _ in range(40):
            await yard.pass_time(0.1)
            for pod in yard.list("pods"):
                name = pod["metadata"]["name"]
                if pod["spec"]["containers"][0]["image"].endswith(":2") and name not in seen:
                    seen.append(name)
        status = yard.get(APPS, "StatefulSet", "db")["status"]
    assert seen == ["db-2", "db-1", "db-0"]
    assert status["updatedReplicas"] == status["readyReplicas"] == 3
    assert status["currentRevision"] == status["updateRevision"]


async def test_a_stateful_set_without_nodes_makes_its_first_pod_and_waits(yard: Yard) -> None:
    async with yard.running(mode=simulate.Mode.NO_NODES):
        yard.create(APPS, "StatefulSet", "db", spec=stateful(volumeClaimTemplates=[]))
        await yard.pass_time(2)
        assert [pod["metadata"]["name"] for pod in yard.list("pods")] == ["db-0"]
        status = yard.get(APPS, "StatefulSet", "db")["status"]
    assert (status["replicas"], status["availableReplicas"], "readyReplicas" in status) == (1, 0, False)


async def test_a_daemon_set_has_one_pod_on_the_one_node_and_none_without(yard: Yard) -> None:
    spec = {"selector": {"matchLabels": {"app": "a"}}, "template": template()}
    async with yard.running():
        yard.create(APPS, "DaemonSet", "agent", spec=spec)
        await yard.pass_time(1)
        status = yard.get(APPS, "DaemonSet", "agent")["status"]
        yard.respec(APPS, "DaemonSet", "agent", template=template(image="registry.test/app:2"))
        await yard.pass_time(1)
        assert [pod["spec"]["containers"][0]["image"][-1] for pod in yard.list("pods")] == ["2"]
    assert status == {
        "currentNumberScheduled": 1,
        "desiredNumberScheduled": 1,
        "numberMisscheduled": 0,
        "numberReady": 1,
        "observedGeneration": 1,
        "updatedNumberScheduled": 1,
        "numberAvailable": 1,
    }
    other = Yard()
    async with other.running(mode=simulate.Mode.NO_NODES):
        other.create(APPS, "DaemonSet", "agent", spec=spec)
        await other.pass_time(1)
        assert other.get(APPS, "DaemonSet", "agent")["status"] == {
            "currentNumberScheduled": 0,
            "desiredNumberScheduled": 0,
            "numberMisscheduled": 0,
            "numberReady": 0,
            "observedGeneration": 1,
        }


async def test_a_job_completes(yard: Yard) -> None:
    async with yard.running(delay=0.5):
        yard.create("batch/v1", "Job", "once", spec={"completions": 3, "parallelism": 2, "template": {"spec": POD}})
        await yard.pass_time(0.2)
        assert yard.get("batch/v1", "Job", "once")["status"]["active"] == 2
        await yard.pass_time(3)
        job = yard.get("batch/v1", "Job", "once")
    assert conditions(job) == {
        "SuccessCriteriaMet": ("True", "CompletionsReached"),
        "Complete": ("True", "CompletionsReached"),
    }
    assert job["status"]["succeeded"] == 3
    assert "completionTime" in job["status"]


async def test_a_job_that_fails_gives_up_after_its_retries(yard: Yard) -> None:
    said = {"annotations": {simulate.ANNOTATION: "fail"}}
    async with yard.running():
        yard.create("batch/v1", "Job", "once", spec={"backoffLimit": 2, "template": {"spec": POD}}, metadata=said)
        await yard.pass_time(5)
        job = yard.get("batch/v1", "Job", "once")
        assert len(yard.list("pods")) == 3
    assert conditions(job)["Failed"] == ("True", "BackoffLimitExceeded")
    assert job["status"]["failed"] == 3


async def test_a_finished_job_goes_when_its_time_to_live_is_over(yard: Yard) -> None:
    async with yard.running():
        yard.create("batch/v1", "Job", "once", spec={"ttlSecondsAfterFinished": 5, "template": {"spec": POD}})
        await yard.pass_time(3)
        assert len(yard.list("jobs.batch")) == 1
        await yard.pass_time(5)
        assert yard.list("jobs.batch") == []


async def test_a_suspended_job_runs_nothing_until_resumed(yard: Yard) -> None:
    async with yard.running():
        yard.create("batch/v1", "Job", "later", spec={"suspend": True, "template": {"spec": POD}})
        await yard.pass_time(1)
        assert yard.list("pods") == []
        assert conditions(yard.get("batch/v1", "Job", "later")) == {"Suspended": ("True", "JobSuspended")}
        yard.respec("batch/v1", "Job", "later", suspend=False)
        await yard.pass_time(2)
        assert "Complete" in conditions(yard.get("batch/v1", "Job", "later"))


async def test_claims_are_bound_and_load_balancers_addressed_unless_told_never(yard: Yard) -> None:
    never = {"annotations": {simulate.ANNOTATION: "never"}}
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "2Gi"}}}
    balancer = {"type": "LoadBalancer", "ports": [{"port": 80}]}
    async with yard.running(delay=1.0):
        yard.create("v1", "PersistentVolumeClaim", "yes", spec=claim)
        yard.create("v1", "PersistentVolumeClaim", "no", spec=claim, metadata=never)
        yard.create("v1", "Service", "yes", spec=balancer)
        yard.create("v1", "Service", "no", spec=balancer, metadata=never)
        await yard.pass_time(0.5)
        assert yard.get("v1", "PersistentVolumeClaim", "yes")["status"] == {"phase": "Pending"}
        await yard.pass_time(2)
        bound = yard.get("v1", "PersistentVolumeClaim", "yes")
        assert bound["status"] == {
            "phase": "Bound",
            "accessModes": ["ReadWriteOnce"],
            "capacity": {"storage": "2Gi"},
        }
        assert bound["spec"]["volumeName"] == f"pvc-{bound['metadata']['uid']}"
        assert yard.get("v1", "PersistentVolumeClaim", "no")["status"] == {"phase": "Pending"}
        assert yard.get("v1", "Service", "yes")["status"]["loadBalancer"]["ingress"][0]["ip"].startswith("198.51.100.")
        assert yard.get("v1", "Service", "no")["status"] == {"loadBalancer": {}}


async def test_budgets_count_ready_pods_and_scalers_are_content(yard: Yard) -> None:
    async with yard.running():
        selector = {"matchLabels": {"app": "a"}}
        yard.create("policy/v1", "PodDisruptionBudget", "b", spec={"minAvailable": "50%", "selector": selector})
        target = {"apiVersion": APPS, "kind": "Deployment", "name": "web"}
        yard.create("autoscaling/v2", "HorizontalPodAutoscaler", "h", spec={"maxReplicas": 5, "scaleTargetRef": target})
        await yard.pass_time(0.2)
        yard.create(APPS, "Deployment", "web", spec=deployment(replicas=3))
        await yard.pass_time(2)
        budget = yard.get("policy/v1", "PodDisruptionBudget", "b")["status"]
        scaler = yard.get("autoscaling/v2", "HorizontalPodAutoscaler", "h")
    counted = {
        name: budget[name] for name in ("currentHealthy", "desiredHealthy", "disruptionsAllowed", "expectedPods")
    }
    assert counted == {"currentHealthy": 3, "desiredHealthy": 2, "disruptionsAllowed": 1, "expectedPods": 3}
    assert scaler["status"]["currentReplicas"] == 3
    assert conditions(scaler)["ScalingActive"] == ("True", "ValidMetricFound")


async def test_a_deleted_pod_is_stopped_and_replaced(yard: Yard) -> None:
    async with yard.running():
        yard.create(APPS, "Deployment", "web", spec=deployment(replicas=1))
        await yard.pass_time(1)
        (first,) = yard.list("pods")
        yard.delete("v1", "Pod", first["metadata"]["name"])
        await yard.pass_time(1)
        (second,) = yard.list("pods")
    assert second["metadata"]["uid"] != first["metadata"]["uid"]
    assert second["status"]["phase"] == "Running"
