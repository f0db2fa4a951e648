"""From a chart to a release, and on from there: what a pass does, and what it leaves alone."""

from __future__ import annotations

from tests.helm_controller.spaces import SLOW, Object, Space, chart_files, condition, finish

from sluice.testing import polling

FAILING = chart_files(**{"templates/cm.yaml": '{{ fail "asked to fail" }}'})
REFUSED = chart_files(
    **{"templates/bad.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: bad\ndata:\n  'no key!': v\n"}
)


def newest(app: Object) -> Object:
    found: Object = app["status"]["history"][0]
    return found


async def records(space: Space) -> dict[str, str]:
    """Helm's records in the namespace, and what they say."""
    resource = await space.client.resource_for("v1", "Secret")
    found = (await space.client.list(resource, space.namespace, labels="owner=helm")).items
    return {each["metadata"]["name"]: each["metadata"]["labels"]["status"] for each in found}


async def test_what_is_in_sync_is_left_alone(space: Space) -> None:
    await space.source()
    async with space.controller():
        await space.release()
        before = await space.see_ready()
        space.seen.clear()
        app = await space.see_handled(await space.ask())
    assert app["status"]["history"] == before["status"]["history"]
    assert app["status"]["conditions"] == before["status"]["conditions"]
    # The storage is looked at, and the request is answered in the status.
    assert space.seen == {"GET secrets": 2, "PATCH helmreleases": 1}


async def test_a_new_chart_is_an_upgrade(space: Space) -> None:
    await space.source()
    async with space.controller():
        await space.release()
        await space.see_ready()
        digest = await space.source(files=chart_files(**{"values.yaml": "v: two\n"}))
        app = await space.see_ready("True", "UpgradeSucceeded")
    assert newest(app)["chartVersion"] == f"1.0.0+{digest[:12]}"
    assert await records(space) == {"sh.helm.release.v1.app.v1": "superseded", "sh.helm.release.v1.app.v2": "deployed"}


async def test_who_asks_for_it_by_force_gets_an_upgrade_once(space: Space) -> None:
    await space.source()
    async with space.controller():
        await space.release()
        await space.see_ready()
        asked = await space.ask(forceAt="same")
        app = await space.see(lambda obj: condition(obj)["reason"] == "UpgradeSucceeded")
        assert app["status"]["lastHandledForceAt"] == asked
        await space.see_handled(await space.ask(forceAt=asked))
    assert len(await records(space)) == 2


async def test_out_of_retries_it_stalls_until_something_changes(space: Space) -> None:
    await space.source(files=REFUSED)
    async with space.controller():
        await space.release()
        app = await space.see_ready("False", "InstallFailed")
        stalled = condition(app, "Stalled")
        assert (stalled["reason"], stalled["message"]) == ("RetriesExceeded", "Failed to install after 1 attempt(s)")
        assert app["status"]["installFailures"] == 1
        assert newest(app)["status"] == "failed"
        await space.source()
        app = await space.see_ready("True", "UpgradeSucceeded")
    assert condition(app, "Stalled") == {}
    assert "installFailures" not in app["status"]


async def test_who_asks_to_reset_gets_new_tries(space: Space) -> None:
    await space.source(files=REFUSED)
    async with space.controller():
        await space.release()
        await space.see(lambda obj: condition(obj, "Stalled").get("reason") == "RetriesExceeded")
        asked = await space.ask(resetAt="same")
        app = await space.see(lambda obj: newest(obj)["version"] == 2 and condition(obj, "Stalled") != {})
    assert app["status"]["lastHandledResetAt"] == asked
    assert app["status"]["upgradeFailures"] == 1
    assert "installFailures" not in app["status"]


async def test_a_failed_upgrade_is_rolled_back_as_often_as_asked_for(space: Space) -> None:
    await space.source()
    async with space.controller():
        await space.release(upgrade={"remediation": {"retries": 1}})
        await space.see_ready()
        await space.source(files=REFUSED)
        app = await space.see(lambda obj: condition(obj, "Stalled").get("reason") == "RetriesExceeded")
    assert condition(app, "Remediated")["reason"] == "RollbackSucceeded"
    assert (condition(app)["status"], condition(app)["reason"]) == ("False", "RollbackSucceeded")
    assert condition(app, "Stalled")["message"] == "Failed to upgrade after 2 attempt(s)"
    assert newest(app)["status"] == "deployed"
    found = await space.get("ConfigMap", "app")
    assert found is not None
    assert found["data"] == {"v": "one"}


async def test_what_leaves_no_trace_is_no_failed_release_and_tried_again(space: Space) -> None:
    await space.source(files=FAILING)
    async with space.controller():
        await space.release()
        app = await space.see_ready("False", "InstallFailed")
        assert "asked to fail" in condition(app)["message"]
        assert await records(space) == {}
        await space.see(lambda obj: obj["status"].get("failures", 0) > 1)
        assert "installFailures" not in app["status"]


async def test_while_a_release_is_in_the_making_ready_is_unknown_and_no_worker_is_held(space: Space) -> None:
    await space.source("slow", files=chart_files(**{"templates/slow.yaml": SLOW}))
    await space.source()
    async with space.controller("--concurrent=1"):
        await space.release("slow", chartRef={"kind": "OCIRepository", "name": "slow"})
        slow = await space.see(lambda obj: newest_status(obj) == "pending-install", "slow")
        text = "Running 'install' action with timeout of 20s"
        assert (condition(slow)["status"], condition(slow)["message"]) == ("Unknown", text)
        assert condition(slow, "Reconciling")["message"] == text
        await space.release()
        await space.see_ready()
        await finish(space)
        await space.see_ready(name="slow")
    assert (await records(space))["sh.helm.release.v1.slow.v1"] == "deployed"


def newest_status(app: Object) -> str:
    history = app.get("status", {}).get("history")
    return str(history[0]["status"]) if history else ""


async def test_a_release_that_goes_on_after_a_crash_is_the_same_release(space: Space) -> None:
    await space.source(files=chart_files(**{"templates/slow.yaml": SLOW}))
    async with space.controller():
        await space.release()
        await space.see(lambda obj: newest_status(obj) == "pending-install")
    async with space.controller():
        await finish(space)
        app = await space.see_ready("True", "InstallSucceeded")
    assert await records(space) == {"sh.helm.release.v1.app.v1": "deployed"}
    assert len(app["status"]["history"]) == 1


async def test_something_else_that_is_wanted_meanwhile_ends_the_wait(space: Space) -> None:
    await space.source(files=chart_files(**{"templates/slow.yaml": SLOW}))
    async with space.controller():
        await space.release()
        await space.see(lambda obj: newest_status(obj) == "pending-install")
        await space.source()
        app = await space.see_ready("True", "UpgradeSucceeded")
    assert await records(space) == {"sh.helm.release.v1.app.v1": "superseded", "sh.helm.release.v1.app.v2": "deployed"}
    told = [each.split(" ", 2)[1] for each in await space.events(2)]
    assert told == ["PendingRelease", "UpgradeSucceeded"]
    assert newest(app)["version"] == 2


async def test_a_release_that_means_another_one_takes_the_first_away(space: Space) -> None:
    await space.source()
    async with space.controller():
        await space.release()
        await space.see_ready()
        await space.edit(releaseName="renamed")
        app = await space.see_ready("True", "InstallSucceeded")
    assert newest(app)["name"] == "renamed"
    assert await records(space) == {"sh.helm.release.v1.renamed.v1": "deployed"}
    assert await space.get("ConfigMap", "app") is None
    assert await space.get("ConfigMap", "renamed") is not None


async def test_a_chart_of_another_name_is_installed_anew_or_in_place_as_asked_for(space: Space) -> None:
    other = chart_files(**{"Chart.yaml": "apiVersion: v2\nname: other\nversion: 1.0.0\n"})
    await space.source()
    async with space.controller():
        await space.release()
        await space.release("kept", upgrade={"chartNameChangeStrategy": "InPlaceUpdate"})
        for name in ("app", "kept"):
            await space.see_ready(name=name)
        await space.source(files=other)

        async def look() -> dict[str, str]:
            return await records(space)

        expected = {
            "sh.helm.release.v1.app.v1": "deployed",
            "sh.helm.release.v1.kept.v1": "superseded",
            "sh.helm.release.v1.kept.v2": "deployed",
        }
        await polling.eventually(look, lambda found: found == expected, what="both")
        await space.see(lambda obj: newest(obj)["chartName"] == "other")
