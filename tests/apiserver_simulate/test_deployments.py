import pytest
from tests.apiserver_simulate.conftest import Object, Yard, conditions, deployment, template

from sluice.apiserver import simulate

APPS = "apps/v1"


def image(one: Object) -> str:
    found: str = one["spec"]["containers"][0]["image"]
    return found


async def test_a_deployment_becomes_available_as_on_a_healthy_cluster(yard: Yard) -> None:
    async with yard.running(delay=1.0):
        yard.create(APPS, "Deployment", "web", spec=deployment())
        await yard.pass_time(0.2)
        early = yard.get(APPS, "Deployment", "web")
        assert conditions(early) == {
            "Available": ("False", "MinimumReplicasUnavailable"),
            "Progressing": ("True", "ReplicaSetUpdated"),
        }
        assert early["status"]["unavailableReplicas"] == 2
        await yard.pass_time(1.5)
        (replica_set,) = yard.list("replicasets.apps")
        name = replica_set["metadata"]["name"]
        found = yard.get(APPS, "Deployment", "web")
        status = found["status"]
        times = ("lastTransitionTime", "lastUpdateTime")
        told = [{k: v for k, v in one.items() if k not in times} for one in status.pop("conditions")]
    assert status == {
        "observedGeneration": found["metadata"]["generation"],
        "replicas": 2,
        "updatedReplicas": 2,
        "readyReplicas": 2,
        "availableReplicas": 2,
        "terminatingReplicas": 0,
    }
    assert told == [
        {
            "type": "Available",
            "status": "True",
            "reason": "MinimumReplicasAvailable",
            "message": "Deployment has minimum availability.",
        },
        {
            "type": "Progressing",
            "status": "True",
            "reason": "NewReplicaSetAvailable",
            "message": f'ReplicaSet "{name}" has successfully progressed.',
        },
    ]


async def test_its_replica_set_and_pods_are_owned_labelled_and_numbered(yard: Yard) -> None:
    async with yard.running():
        yard.create(APPS, "Deployment", "web", spec=deployment(replicas=1), metadata={"annotations": {"x": "y"}})
        await yard.pass_time(0.5)
        (replica_set,), (pod,) = yard.list("replicasets.apps"), yard.list("pods")
    digest = replica_set["metadata"]["labels"]["pod-template-hash"]
    assert replica_set["metadata"]["name"] == f"web-{digest}"
    assert replica_set["metadata"]["annotations"] == {
        "x": "y",
        "deployment.kubernetes.io/desired-replicas": "1",
        "deployment.kubernetes.io/max-replicas": "2",
        "deployment.kubernetes.io/revision": "1",
    }
    assert replica_set["spec"]["selector"]["matchLabels"] == {"app": "a", "pod-template-hash": digest}
    assert replica_set["metadata"]["ownerReferences"][0]["kind"] == "Deployment"
    assert pod["metadata"]["ownerReferences"][0]["name"] == replica_set["metadata"]["name"]
    assert pod["metadata"]["labels"] == {"app": "a", "pod-template-hash": digest}
    assert pod["metadata"]["name"].startswith(f"web-{digest}-")
    assert pod["status"]["phase"] == "Running"
    assert pod["spec"]["nodeName"] == "sluice-node"


async def test_a_new_template_rolls_over_and_is_never_short_of_pods(yard: Yard) -> None:
    async with yard.running(delay=0.3):
        yard.create(APPS, "Deployment", "web", spec=deployment(replicas=4))
        await yard.pass_time(2)
        yard.respec(APPS, "Deployment", "web", template=template(image="registry.test/app:2"))
        for _ in range(60):
            await yard.pass_time(0.1)
            ready = sum(one.get("status", {}).get("availableReplicas", 0) for one in yard.list("replicasets.apps"))
            total = sum(one["spec"]["replicas"] for one in yard.list("replicasets.apps"))
            assert ready >= 3
            assert total <= 5
        found = yard.get(APPS, "Deployment", "web")
        sizes = sorted(
            (one["spec"]["replicas"], image(one["spec"]["template"])) for one in yard.list("replicasets.apps")
        )
    assert sizes == [(0, "registry.test/app:1"), (4, "registry.test/app:2")]
    assert conditions(found)["Progressing"] == ("True", "NewReplicaSetAvailable")
    assert found["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "2"
    assert found["status"]["observedGeneration"] == found["metadata"]["generation"]


async def test_going_back_uses_the_old_replica_set_under_a_new_revision(yard: Yard) -> None:
    async with yard.running():
        yard.create(APPS, "Deployment", "web", spec=deployment())
        await yard.pass_time(1)
        yard.respec(APPS, "Deployment", "web", template=template(image="registry.test/app:2"))
        await yard.pass_time(3)
        yard.respec(APPS, "Deployment", "web", template=template())
        await yard.pass_time(3)
        assert len(yard.list("replicasets.apps")) == 2
        found = yard.get(APPS, "Deployment", "web")
    assert found["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "3"
    assert conditions(found)["Available"] == ("True", "MinimumReplicasAvailable")


async def test_recreate_never_has_both_at_once(yard: Yard) -> None:
    async with yard.running(delay=0.3):
        yard.create(APPS, "Deployment", "web", spec=deployment(strategy={"type": "Recreate"}))
        await yard.pass_time(1)
        yard.respec(APPS, "Deployment", "web", template=template(image="registry.test/app:2"))
        for _ in range(20):
            await yard.pass_time(0.1)
            assert len({pod["spec"]["containers"][0]["image"] for pod in yard.list("pods")}) <= 1
        assert conditions(yard.get(APPS, "Deployment", "web"))["Progressing"] == ("True", "NewReplicaSetAvailable")


async def test_scaling_and_deleting_take_the_pods_along(yard: Yard) -> None:
    async with yard.running():
        yard.create(APPS, "Deployment", "web", spec=deployment())
        await yard.pass_time(1)
        yard.respec(APPS, "Deployment", "web", replicas=5)
        await yard.pass_time(1)
        assert len(yard.list("pods")) == 5
        yard.respec(APPS, "Deployment", "web", replicas=0)
        await yard.pass_time(1)
        assert yard.list("pods") == []
        assert conditions(yard.get(APPS, "Deployment", "web"))["Available"][0] == "True"
        yard.respec(APPS, "Deployment", "web", replicas=1)
        await yard.pass_time(1)
        yard.delete(APPS, "Deployment", "web")
        await yard.pass_time(1)
        assert (yard.list("replicasets.apps"), yard.list("pods")) == ([], [])


async def test_without_nodes_pods_stay_pending_and_the_deadline_passes(yard: Yard) -> None:
    async with yard.running(mode=simulate.Mode.NO_NODES):
        yard.create(APPS, "Deployment", "web", spec=deployment(progressDeadlineSeconds=5))
        await yard.pass_time(2)
        assert [pod["status"]["phase"] for pod in yard.list("pods")] == ["Pending", "Pending"]
        assert conditions(yard.get(APPS, "Deployment", "web"))["Progressing"] == ("True", "ReplicaSetUpdated")
        await yard.pass_time(6)
        found = yard.get(APPS, "Deployment", "web")
        (replica_set,) = yard.list("replicasets.apps")
    assert conditions(found) == {
        "Available": ("False", "MinimumReplicasUnavailable"),
        "Progressing": ("False", "ProgressDeadlineExceeded"),
    }
    told = found["status"]["conditions"][-1]["message"]
    assert told == f'ReplicaSet "{replica_set["metadata"]["name"]}" has timed out progressing.'
    assert replica_set["status"] == {
        "replicas": 2,
        "fullyLabeledReplicas": 2,
        "observedGeneration": 1,
        "terminatingReplicas": 0,
    }


async def test_simulation_that_is_off_does_nothing(yard: Yard) -> None:
    async with yard.running(mode=simulate.Mode.OFF):
        yard.create(APPS, "Deployment", "web", spec=deployment())
        await yard.pass_time(1)
        assert yard.list("replicasets.apps") == []


@pytest.mark.parametrize(
    ("said", "after", "expected"),
    [
        ("never", 3, ("True", "ReplicaSetUpdated")),
        ("fail", 3, ("False", "ProgressDeadlineExceeded")),
        ("after=2s", 1, ("True", "ReplicaSetUpdated")),
        ("after=2s", 3, ("True", "NewReplicaSetAvailable")),
        ("after=nonsense", 1, ("True", "NewReplicaSetAvailable")),
    ],
)
async def test_an_annotation_decides_the_fate(yard: Yard, said: str, after: float, expected: tuple[str, str]) -> None:
    async with yard.running():
        yard.create(APPS, "Deployment", "web", spec=deployment(), metadata={"annotations": {simulate.ANNOTATION: said}})
        await yard.pass_time(after)
        assert conditions(yard.get(APPS, "Deployment", "web"))["Progressing"] == expected


async def test_old_replica_sets_beyond_the_history_go(yard: Yard) -> None:
    async with yard.running():
        yard.create(APPS, "Deployment", "web", spec=deployment(replicas=1, revisionHistoryLimit=1))
        for number in range(2, 6):
            await yard.pass_time(1)
            yard.respec(APPS, "Deployment", "web", template=template(image=f"registry.test/app:{number}"))
        await yard.pass_time(1)
        assert len(yard.list("replicasets.apps")) == 2


async def test_nothing_is_written_once_everything_is_settled(yard: Yard) -> None:
    async with yard.running():
        yard.create(APPS, "Deployment", "web", spec=deployment())
        await yard.pass_time(2)
        before = yard.cluster.store.revision
        await yard.pass_time(30)
        assert yard.cluster.store.revision == before
