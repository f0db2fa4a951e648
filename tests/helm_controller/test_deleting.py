"""A HelmRelease that goes takes its release with it, unless it is suspended or nothing can be done in its name."""

from __future__ import annotations

from tests.helm_controller.spaces import RELEASES, SLOW, Space, chart_files
from tests.helm_controller.test_releasing import newest_status, records


async def gone(space: Space, name: str = "app") -> None:
    await space.delete("HelmRelease", name, RELEASES)
    await space.see_gone("HelmRelease", name, RELEASES)


async def test_the_release_is_uninstalled(space: Space) -> None:
    await space.source()
    async with space.controller():
        await space.release()
        await space.see_ready()
        await gone(space)
    assert await records(space) == {}
    assert await space.get("ConfigMap", "app") is None
    assert "UninstallSucceeded" in (await space.events(2))[-1]


async def test_with_its_history_kept_the_record_says_so(space: Space) -> None:
    await space.source()
    async with space.controller():
        await space.release(uninstall={"keepHistory": True})
        await space.see_ready()
        await gone(space)
    assert await records(space) == {"sh.helm.release.v1.app.v1": "uninstalled"}
    assert await space.get("ConfigMap", "app") is None


async def test_a_suspended_one_leaves_everything(space: Space) -> None:
    await space.source()
    async with space.controller():
        await space.release()
        await space.see_ready()
        await space.edit(suspend=True)
        await gone(space)
    assert await records(space) == {"sh.helm.release.v1.app.v1": "deployed"}
    assert await space.get("ConfigMap", "app") is not None


async def test_without_the_account_it_goes_and_leaves_everything(space: Space) -> None:
    await space.source()
    async with space.controller():
        await space.release()
        await space.see_ready()
        await space.edit(serviceAccountName="none")
        await gone(space)
    assert await space.get("ConfigMap", "app") is not None


async def test_one_that_somebody_else_has_uninstalled_just_goes(space: Space) -> None:
    await space.source()
    async with space.controller():
        await space.release()
        await space.see_ready()
    await space.delete("Secret", "sh.helm.release.v1.app.v1")
    async with space.controller():
        await gone(space)


async def test_an_end_that_takes_long_goes_on_after_a_crash(space: Space) -> None:
    held = chart_files(**{"templates/slow.yaml": SLOW.replace("  name: slow", "  name: slow\n  finalizers: [a.b/c]")})
    await space.source(files=held)
    async with space.controller():
        await space.release(install={"disableWait": True})
        await space.see_ready()
        await space.delete("HelmRelease", "app", RELEASES)
        await space.see(lambda obj: newest_status(obj) == "uninstalling")
        body = {"metadata": {"finalizers": None}}
    async with space.controller():
        await space.patch("GitRepository", "slow", body, api_version="source.toolkit.fluxcd.io/v1")
        await space.see_gone("HelmRelease", "app", RELEASES)
    assert await records(space) == {}
