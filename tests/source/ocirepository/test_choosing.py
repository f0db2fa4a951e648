"""Which tag a range comes to: the newest version of those that the filter lets through."""

import pytest
from tests.source.ocirepository.conftest import Shelf

from sluice.oci import manifests
from sluice.testing import registries as kit

pytestmark = pytest.mark.needs("git-http-backend", kit.COMMAND)


@pytest.mark.parametrize(
    ("ref", "tag"),
    [
        ({"semver": ">=1.0.0"}, "1.10.0"),
        ({"semver": "~1.9.0"}, "1.9.1"),
        ({"semver": ">=1.0.0-0"}, "2.0.0-rc.1"),
        ({"semver": ">=1.0.0-0", "semverFilter": ".*-rc.*"}, "2.0.0-rc.1"),
        ({"semver": ">=1.0.0", "semverFilter": r"^1\.9\.\d$"}, "1.9.1"),
        ({"semver": "1.x", "tag": "odd"}, "1.10.0"),
    ],
)
async def test_the_newest_version_in_the_range_is_taken(shelf: Shelf, ref: dict[str, str], tag: str) -> None:
    pushed = {each: await shelf.registry.push("org/app", each, {"cm.yaml": each}) for each in TAGS}
    await shelf.source(ref=ref)

    async with shelf.controller():
        seen = await shelf.see_ready()

    assert seen["status"]["artifact"]["revision"] == f"{tag}@{pushed[tag]}"


TAGS = ("1.9.0", "1.9.1", "1.10.0", "2.0.0-rc.1", "odd", "latest")


async def test_of_charts_an_underscore_stands_for_the_plus_of_build_metadata(shelf: Shelf) -> None:
    metadata = {"apiVersion": "v2", "name": "app", "version": "1.2.3+build"}
    await shelf.registry.push_chart("charts/app", "1.2.3_build", b"a chart", metadata=metadata)
    await shelf.source(
        url=shelf.registry.url("charts/app"),
        ref={"semver": "1.x"},
        layerSelector={"mediaType": manifests.HELM_CHART, "operation": "copy"},
    )

    async with shelf.controller():
        seen = await shelf.see_ready()

    assert seen["status"]["artifact"]["revision"].startswith("1.2.3_build@sha256:")
    assert seen["status"]["artifact"]["size"] == len(b"a chart")


@pytest.mark.parametrize(
    ("ref", "text"),
    [
        ({"semver": ">=9"}, "no match found for semver: >=9"),
        ({"semver": "<nonsense"}, "semver '<nonsense' parse error: improper constraint: \"<nonsense\""),
        ({"semver": "*", "semverFilter": "a(b"}, "error parsing regexp: missing closing ): `a(b`"),
        ({"semver": "*", "semverFilter": "a**"}, "error parsing regexp: invalid nested repetition operator: `**`"),
    ],
)
async def test_a_range_that_comes_to_nothing_is_told_in_the_words_of_flux(
    shelf: Shelf, ref: dict[str, str], text: str
) -> None:
    await shelf.registry.push("org/app", "1.0.0", {"cm.yaml": "a"})
    await shelf.source(ref=ref)

    async with shelf.controller():
        found = await shelf.see_failing()

    told = f"failed to determine the artifact tag for '{shelf.registry.url('org/app')}': {text}"
    assert found["Ready"] == ("False", "ReadOperationFailed", told)
    assert found["FetchFailed"] == ("True", "ReadOperationFailed", told)
