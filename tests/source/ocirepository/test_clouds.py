"""Sources that are somebody in a cloud: when, and in whose registries."""

import pytest
from tests.source.ocirepository.conftest import Shelf

from sluice.testing import registries as kit
from sluice.testing.registries import Registry

pytestmark = pytest.mark.needs("git-http-backend", *kit.TOOLS)


@pytest.mark.parametrize("provider", ["aws", "azure", "gcp"])
async def test_a_registry_that_is_not_the_clouds_is_shown_no_identity(shelf: Shelf, provider: str) -> None:
    await shelf.registry.push("org/app", "latest", {"cm.yaml": "a"})
    await shelf.source(provider=provider)

    async with shelf.controller():
        found = await shelf.see_failing()

    assert found["Ready"][1] == "OCIArtifactPullFailed"
    assert (
        found["Ready"][2]
        .lower()
        .startswith(
            f"failed to determine artifact digest: invalid {provider} registry: '{shelf.registry.host}'. must match "
        )
    )


async def test_a_service_account_is_nobody_while_the_gate_is_closed(shelf: Shelf) -> None:
    await shelf.account("reader")
    await shelf.source(provider="aws", serviceAccountName="reader")

    async with shelf.controller():
        found = await shelf.see_failing()

    text = (
        "to use spec.serviceAccountName for provider authentication please enable the "
        "ObjectLevelWorkloadIdentity feature gate in the controller"
    )
    assert found == {
        "Stalled": ("True", "FeatureGateDisabled", text),
        "Ready": ("False", "FeatureGateDisabled", text),
    }


async def test_a_pull_secret_goes_before_the_cloud(shelf: Shelf) -> None:
    async with Registry(users={"reader": "s3cret"}) as closed:
        await closed.push("org/app", "latest", {"cm.yaml": "a"})
        await shelf.pull_secret("login", closed.docker_config("reader"))
        await shelf.account("reader", "login")
        await shelf.source(url=closed.url("org/app"), provider="aws", serviceAccountName="reader")

        async with shelf.controller():
            await shelf.see_ready()
