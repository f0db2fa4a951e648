"""Bad input gives Ready=False with Flux's reason and a message to act on, and costs nothing that was applied before."""

from sluice import testing
from sluice.testing import builders
from sluice.testing.spaces import ready


async def message(space: testing.Space, kind: str, name: str, reason: str) -> str:
    """The message of the object that is not ready for the reason."""
    seen = ready(await space.see_ready(kind, name, "False", reason=reason))
    assert "Traceback" not in seen["message"]
    return str(seen["message"])


async def good_start(space: testing.Space) -> None:
    """A commit that is applied."""
    space.commit({"cm.yaml": builders.config_map("cm", k="v")})
    await space.source()
    await space.kustomization()
    await space.see_ready("Kustomization", "app")


async def nothing_is_lost(space: testing.Space) -> None:
    """What was applied before is still there."""
    assert await space.get("v1", "ConfigMap", "cm")
    app = await space.get("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "app")
    assert app is not None
    ids = [entry["id"] for entry in app["status"]["inventory"]["entries"]]
    assert f"{space.name}_cm__ConfigMap" in ids


async def test_a_server_that_nobody_runs_is_named(space: testing.Space) -> None:
    await space.source(url="http://127.0.0.1:1/x.git", timeout="5s")
    assert "http://127.0.0.1:1/x.git" in await message(space, "GitRepository", "src", "GitOperationFailed")


async def test_a_repository_that_is_not_there_is_named(space: testing.Space) -> None:
    await space.source(url=space.url.replace(".git", "-missing.git"), timeout="5s")
    assert "-missing.git" in await message(space, "GitRepository", "src", "GitOperationFailed")


async def test_a_password_never_shows_in_a_message(space: testing.Space) -> None:
    await space.source(url="http://ada:s3cret-word@127.0.0.1:1/x.git", timeout="5s")
    assert "s3cret-word" not in await message(space, "GitRepository", "src", "GitOperationFailed")


async def test_broken_yaml_is_named_by_file_and_line_and_what_was_applied_stays(space: testing.Space) -> None:
    await good_start(space)
    space.commit({"sub/bad.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: name: x\n"})
    await space.request("GitRepository", "src")
    told = await message(space, "Kustomization", "app", "BuildFailed")
    assert "sub/bad.yaml" in told
    assert "line 3" in told
    await nothing_is_lost(space)


async def test_a_path_that_does_not_exist_is_named(space: testing.Space) -> None:
    await good_start(space)
    await space.kustomization(path="./no/such/folder")
    assert "no/such/folder" in await message(space, "Kustomization", "app", "ArtifactFailed")
    await nothing_is_lost(space)


async def test_an_overlay_that_leaves_the_root_is_refused(space: testing.Space) -> None:
    space.commit({"apps/kustomization.yaml": {"resources": ["../../../etc"]}})
    await space.source()
    await space.kustomization(path="./apps")
    assert "../../../etc" in await message(space, "Kustomization", "app", "BuildFailed")


async def test_an_object_that_the_api_rejects_is_named_with_its_field_and_what_was_applied_stays(
    space: testing.Space,
) -> None:
    await good_start(space)
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"ports": [{"port": 99999}]}}
    space.commit({"service.yaml": service})
    await space.request("GitRepository", "src")
    told = await message(space, "Kustomization", "app", "ReconciliationFailed")
    assert f"Service/{space.name}/web" in told
    assert "spec.ports[0].port" in told
    await nothing_is_lost(space)


async def test_all_rejected_objects_are_named_at_once(space: testing.Space) -> None:
    bad = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "Bad_Name"}}
    unknown = {"apiVersion": "example.com/v1", "kind": "Nope", "metadata": {"name": "x"}}
    space.commit({"bad.yaml": bad, "unknown.yaml": unknown, "cm.yaml": builders.config_map("cm", k="v")})
    await space.source()
    await space.kustomization()
    told = await message(space, "Kustomization", "app", "ReconciliationFailed")
    assert "Bad_Name" in told
    assert 'no matches for kind "Nope" in version "example.com/v1"' in told


async def test_mended_input_recovers_by_itself(space: testing.Space) -> None:
    space.commit({"cm.yaml": "no: [yaml"})
    await space.source()
    await space.kustomization()
    await message(space, "Kustomization", "app", "BuildFailed")
    mended = space.commit({"cm.yaml": builders.config_map("cm", k="v")})
    await space.request("GitRepository", "src")
    await space.see_applied("app", mended)
