"""The demo's steps: each does one thing, then sees its effect through the Kubernetes API. Nothing is assumed."""

import datetime
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

from sluice import kube, testing
from sluice_cli.demo import narration, stage

NAMESPACE = "default"
TARGET = "my-app"
OVERLAY = "apps/my-app/overlays/prod"
SOURCE = ("source.toolkit.fluxcd.io/v1", "GitRepository", NAMESPACE, "my-app")
BUILT = ("kustomize.toolkit.fluxcd.io/v1", "Kustomization", NAMESPACE, "my-app")
DEPLOYMENT = ("apps/v1", "Deployment", TARGET, "my-app")
SETTINGS = ("v1", "ConfigMap", TARGET, "settings")
BANNER = ("v1", "ConfigMap", TARGET, "banner")
PATIENCE = 40.0
"""Seconds that a step may take: a process may be killed and have to come back in between."""

INTERVAL = "5s"
"""Between two looks at the repository: whoever pushes to it while the demo stays up does not wait for long."""

Identity = tuple[str, str, str, str]


class NotSeen(Exception):
    """A step whose effect was not seen in time; the message says what was expected of which object."""

    def __init__(self, identity: Identity, expected: str) -> None:
        super().__init__(f"{_called(identity)} {expected} (waited {PATIENCE:.0f} s)")
        self.identity = identity


async def tell(set_up: stage.Stage, narrator: narration.Narrator) -> None:
    """Play every step.

    Raises:
        NotSeen: at the first step whose effect the API does not show.
    """
    teller = _Teller(set_up, narrator)
    narrator.chapter("A commit becomes cluster state")
    revision = await teller.push(stage.first_commit(), "Add my-app")
    await teller.clone(revision)
    await teller.build_and_apply(revision)
    await teller.become_healthy()
    narrator.chapter("A push goes live")
    await teller.push_a_change()
    narrator.chapter("An edit by hand is put back")
    await teller.edit_by_hand()
    narrator.chapter("What leaves Git leaves the cluster")
    await teller.remove_a_file()


class _Teller:
    """Carries out the steps on one stage."""

    def __init__(self, set_up: stage.Stage, narrator: narration.Narrator) -> None:
        self._client = set_up.client
        self._checkout = set_up.checkout
        self._narrator = narrator

    async def push(self, files: Mapping[str, str], message: str, *, remove: Sequence[str] = ()) -> str:
        """Push one commit and return its revision, as sources call it."""
        with self._narrator.step("Pushing a commit") as step:
            commit = await self._checkout.push(files, remove=remove, message=message)
            step.seen = f"pushed commit {commit[:7]}: {message}"
        return f"{stage.BRANCH}@sha1:{commit}"

    async def clone(self, revision: str) -> None:
        """Apply the GitRepository and see its artifact."""
        spec = {"interval": INTERVAL, "url": self._checkout.url, "ref": {"branch": stage.BRANCH}}
        await self._apply(SOURCE, spec)
        with self._narrator.step("source-controller clones the repository") as step:
            source = await self._see(
                SOURCE,
                lambda seen: _ready(seen) and seen["status"]["artifact"]["revision"] == revision,
                f"is ready at {revision}",
            )
            artifact = source["status"]["artifact"]
            step.seen = f"cloned: {artifact['revision']}, an artifact of {artifact['size']} bytes"

    async def build_and_apply(self, revision: str) -> None:
        """Apply the Kustomization and see its objects in the cluster."""
        spec = {
            "interval": "5m",
            "path": f"./{OVERLAY}",
            "prune": True,
            "wait": True,
            "targetNamespace": TARGET,
            "sourceRef": {"kind": SOURCE[1], "name": SOURCE[3]},
        }
        await self._apply(BUILT, spec)
        with self._narrator.step("kustomize-controller builds and applies it") as step:
            built = await self._see(
                BUILT,
                lambda seen: seen.get("status", {}).get("lastAttemptedRevision") == revision,
                f"is built at {revision}",
            )
            step.seen = f"built: {OVERLAY} at {built['status']['lastAttemptedRevision']}"
        with self._narrator.step("The objects appear in the cluster") as step:
            deployment = await self._see(DEPLOYMENT, lambda seen: seen["spec"]["replicas"] == 2, "has 2 replicas")
            owner = deployment["metadata"]["labels"]["kustomize.toolkit.fluxcd.io/name"]
            step.seen = f"applied: Deployment {TARGET}/my-app, 2 replicas, by Kustomization {owner}"

    async def become_healthy(self) -> None:
        """See the Deployment available and the Kustomization ready."""
        with self._narrator.step("The Deployment rolls out") as step:
            await self._see(
                DEPLOYMENT,
                lambda seen: seen.get("status", {}).get("availableReplicas") == 2,
                "has 2 available replicas",
            )
            built = await self._see(BUILT, _ready, "is ready")
            count = len(built["status"]["inventory"]["entries"])
            step.seen = f"healthy: all {count} objects; {_message(built)}"

    async def push_a_change(self) -> None:
        """Push a change, ask for it, and see it live."""
        settings = f"{OVERLAY.rsplit('/', 2)[0]}/base/settings.yaml"
        content = stage.first_commit()[settings].replace("hello", "good morning")
        revision = await self.push({settings: content}, "Greet politely")
        with self._narrator.step("The commit goes live") as step:
            await self._ask_for_reconcile()
            await self._see_greeting("good morning")
            step.seen = "live: ConfigMap settings says good morning"
        with self._narrator.step("Its status follows") as step:
            built = await self._see(
                BUILT,
                lambda seen: _ready(seen) and seen["status"]["lastAppliedRevision"] == revision,
                f"is ready at {revision}",
            )
            step.seen = f"ready: {_message(built)}"

    async def edit_by_hand(self) -> None:
        """Edit an object as a person would, and see it put back."""
        edit = {"data": {"GREETING": "bye"}}
        with self._narrator.step("Editing ConfigMap settings by hand") as step:
            edited = await self._patch(SETTINGS, edit, manager="kubectl-edit")
            step.seen = f"edited by hand: ConfigMap settings says {edited['data']['GREETING']}"
        with self._narrator.step("kustomize-controller puts it back") as step:
            await self._see_greeting("good morning")
            step.seen = "put back: ConfigMap settings says good morning"

    async def remove_a_file(self) -> None:
        """Remove a file, and see its object deleted."""
        overlay = stage.first_commit()[f"{OVERLAY}/kustomization.yaml"].replace("- banner.yaml\n", "")
        await self._see(BANNER, bool, "is there")
        await self.push(
            {f"{OVERLAY}/kustomization.yaml": overlay}, "Remove the banner", remove=[f"{OVERLAY}/banner.yaml"]
        )
        with self._narrator.step("The object is pruned") as step:
            await self._ask_for_reconcile()
            await self._see_gone(BANNER)
            step.seen = "pruned: ConfigMap banner is gone"

    async def _ask_for_reconcile(self) -> None:
        """Ask the source for a reconcile now, as `flux reconcile source` does."""
        now = datetime.datetime.now(datetime.UTC).isoformat()
        body = {"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": now}}}
        await self._patch(SOURCE, body, manager="sluice-demo")

    async def _patch(self, identity: Identity, body: kube.Object, *, manager: str) -> kube.Object:
        api_version, kind, namespace, name = identity

        async def patch() -> kube.Object:
            resource = await self._client.resource_for(api_version, kind)
            return await self._client.patch(resource, name, namespace, body, kind=kube.PatchType.MERGE, manager=manager)

        return await _insist(patch, bool, identity, "can be changed")

    async def _apply(self, identity: Identity, spec: dict[str, Any]) -> None:
        api_version, kind, namespace, name = identity
        with self._narrator.step(f"Applying {kind} {name}") as step:
            metadata = {"name": name, "namespace": namespace}
            body = {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec}

            async def apply() -> kube.Object:
                resource = await self._client.resource_for(api_version, kind)
                return await self._client.apply(resource, body, manager="sluice-demo")

            await _insist(apply, bool, identity, "can be applied")
            step.seen = f"applied {_called(identity)}"

    async def _see_greeting(self, greeting: str) -> None:
        await self._see(SETTINGS, lambda seen: seen["data"]["GREETING"] == greeting, f"says {greeting}")

    async def _see(self, identity: Identity, until: Callable[[kube.Object], bool], expected: str) -> kube.Object:
        """The object, once the API shows it as wanted."""
        seen = await _insist(
            lambda: _look(self._client, identity), lambda found: found is not None and until(found), identity, expected
        )
        assert seen is not None
        return seen

    async def _see_gone(self, identity: Identity) -> None:
        await _insist(lambda: _look(self._client, identity), lambda found: found is None, identity, "is gone")


async def explain(client: kube.Client, failure: NotSeen) -> list[str]:
    """What there is of the object that was looked at, and of those that bring it about; one line each."""
    lines = []
    for identity in dict.fromkeys((failure.identity, BUILT, SOURCE)):
        try:
            found = _state(await _look(client, identity))
        except kube.KubeError as error:
            found = f"unknown: {error}"
        lines.append(f"{_called(identity)} {found}")
    return lines


def _state(seen: kube.Object | None) -> str:
    if seen is None:
        return "does not exist"
    ready = _condition(seen, "Ready")
    if not ready:
        return "exists"
    how = "is ready" if ready.get("status") == "True" else f"is not ready ({ready.get('reason')})"
    return f"{how}: {_message(seen)}"


async def _look(client: kube.Client, identity: Identity) -> kube.Object | None:
    api_version, kind, namespace, name = identity
    try:
        resource = await client.resource_for(api_version, kind)
        return await client.get(resource, name, namespace)
    except kube.NotFound:
        return None


T = TypeVar("T")


async def _insist(call: Callable[[], Awaitable[T]], until: Callable[[T], bool], identity: Identity, expected: str) -> T:
    """Call until the answer is as wanted; while the API server is being started again there is no answer."""

    async def answer() -> tuple[T] | None:
        try:
            return (await call(),)
        except kube.Unreachable:
            return None

    try:
        answered = await testing.eventually(answer, lambda seen: seen is not None and until(seen[0]), timeout=PATIENCE)
    except TimeoutError:
        # Its message quotes the whole object; `explain` says what matters of it.
        raise NotSeen(identity, expected) from None
    assert answered is not None
    return answered[0]


def _called(identity: Identity) -> str:
    _, kind, namespace, name = identity
    return f"{kind} {namespace}/{name}"


def _condition(seen: kube.Object, kind: str) -> dict[str, Any]:
    conditions = seen.get("status", {}).get("conditions", ())
    return next((condition for condition in conditions if condition["type"] == kind), {})


def _ready(seen: kube.Object) -> bool:
    ready = _condition(seen, "Ready")
    current = ready.get("observedGeneration") == seen["metadata"]["generation"]
    return current and ready.get("status") == "True"


def _message(seen: kube.Object) -> str:
    return str(_condition(seen, "Ready").get("message", ""))
