"""Which layer is taken, and what becomes of it: unpacked by the rules of the source, or kept as it is."""

import gzip
import io
import os
import pathlib
import tarfile
from collections.abc import Callable

import pytest
from tests.source.ocirepository.conftest import Shelf

from sluice.oci import manifests
from sluice.testing import registries as kit
from sluice.testing.registry_content import Blob, packed

pytestmark = pytest.mark.needs("git-http-backend", kit.COMMAND)

TEXT = Blob(media_type="text/plain", data=b"hello")
SECOND = Blob(media_type=manifests.FLUX_CONTENT, data=packed({"cm.yaml": "second"}))


async def test_the_first_layer_of_the_media_type_is_unpacked(shelf: Shelf, tmp_path: pathlib.Path) -> None:
    await shelf.registry.push("org/app", "latest", layers=[TEXT, SECOND])
    selector = {"mediaType": manifests.FLUX_CONTENT}
    await shelf.source(layerSelector=selector)

    async with shelf.controller():
        seen = await shelf.see_ready()
        assert await shelf.unpacked(seen, tmp_path) == {"cm.yaml": "second"}

    assert seen["status"]["observedLayerSelector"] == selector


async def test_a_copied_layer_keeps_its_bytes(shelf: Shelf) -> None:
    await shelf.registry.push("org/app", "latest", layers=[TEXT, SECOND])
    await shelf.source(layerSelector={"mediaType": "text/plain", "operation": "copy"}, ignore="*")

    async with shelf.controller():
        seen = await shelf.see_ready()
        stored = shelf.storage / seen["status"]["artifact"]["path"]
        assert stored.read_bytes() == TEXT.data

    assert seen["status"]["artifact"]["digest"] == TEXT.digest


async def test_another_selector_makes_another_artifact_of_the_same_revision(
    shelf: Shelf, tmp_path: pathlib.Path
) -> None:
    await shelf.registry.push("org/app", "latest", layers=[TEXT, SECOND])
    await shelf.source(layerSelector={"mediaType": "text/plain", "operation": "copy"})
    async with shelf.controller():
        first = await shelf.see_ready()
        await shelf.spec(layerSelector={"mediaType": manifests.FLUX_CONTENT, "operation": "extract"})

        second = await shelf.see_ready()

        assert second["status"]["artifact"]["revision"] == first["status"]["artifact"]["revision"]
        assert await shelf.unpacked(second, tmp_path) == {"cm.yaml": "second"}


async def test_ignore_rules_are_obeyed_and_observed(shelf: Shelf, tmp_path: pathlib.Path) -> None:
    files = {"a/cm.yaml": "a", "b/cm.yaml": "b", "b/.sourceignore": "secret.yaml\n", "b/secret.yaml": "s", "c.txt": "c"}
    await shelf.registry.push("org/app", "latest", files)
    await shelf.source(ignore="*.txt\n")
    async with shelf.controller():
        seen = await shelf.see_ready()
        assert set(await shelf.unpacked(seen, tmp_path)) == {"a/cm.yaml", "b/cm.yaml", "b/.sourceignore"}
        assert seen["status"]["observedIgnore"] == "*.txt\n"
        await shelf.spec(ignore=None)

        seen = await shelf.see_ready()

        assert "c.txt" in await shelf.unpacked(seen, tmp_path)
        assert "observedIgnore" not in seen["status"]


@pytest.mark.parametrize(
    ("layers", "selector", "text"),
    [
        ([], {}, "no layers found in artifact"),
        ([TEXT], {"mediaType": "x/y"}, "failed to find layer with media type 'x/y' in artifact"),
    ],
)
async def test_a_layer_that_is_not_there_is_told_in_the_words_of_flux(
    shelf: Shelf, layers: list[Blob], selector: dict[str, str], text: str
) -> None:
    digest = await shelf.registry.push("org/app", "latest", layers=layers)
    await shelf.source(layerSelector=selector)

    async with shelf.controller():
        found = await shelf.see_failing()

    assert found["Ready"] == ("False", "OCIArtifactLayerOperationFailed", text)
    news = f"new revision 'latest@{digest}' for '{shelf.registry.host}/org/app:latest'"
    assert found["Reconciling"] == ("True", "ProgressingWithRetry", f"building artifact: {news}")


def link(archive: tarfile.TarFile) -> None:
    entry = tarfile.TarInfo("link")
    entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
    archive.addfile(entry)


def through_a_link(archive: tarfile.TarFile) -> None:
    entry = tarfile.TarInfo("out")
    entry.type, entry.linkname = tarfile.SYMTYPE, "/tmp"
    archive.addfile(entry)
    inside = tarfile.TarInfo("out/written-through-a-link")
    inside.size = 1
    archive.addfile(inside, io.BytesIO(b"x"))


def hard_link(archive: tarfile.TarFile) -> None:
    entry = tarfile.TarInfo("hard")
    entry.type, entry.linkname = tarfile.LNKTYPE, "/etc/passwd"
    archive.addfile(entry)


def device(archive: tarfile.TarFile) -> None:
    entry = tarfile.TarInfo("device")
    entry.type = tarfile.CHRTYPE
    archive.addfile(entry)


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (packed({"../x": "1"}), "has an unsafe name"),
        (packed({"a": "1"}, hard_link), "is neither file nor directory"),
        (packed({"a": "1"}, device), "is neither file nor directory"),
        (b"no gzip", "not a tar.gz archive"),
        (gzip.compress(bytes(200 << 20)), "compressed by more than"),
        (packed({"a": "1" * 5000})[:-20], "cut short"),
    ],
    ids=["out of the root", "hard link", "device", "no gzip", "bomb", "cut short"],
)
async def test_a_layer_that_means_harm_is_refused_and_the_last_good_artifact_stays(
    shelf: Shelf, layer: bytes, text: str
) -> None:
    await shelf.registry.push("org/app", "latest", {"cm.yaml": "good"})
    await shelf.source()
    async with shelf.controller():
        good = await shelf.see_ready()
        await shelf.registry.push("org/app", "latest", layers=[Blob(media_type=manifests.FLUX_CONTENT, data=layer)])

        seen = await shelf.ask()

        found = {each["type"]: each for each in seen["status"]["conditions"]}
        assert found["Ready"]["reason"] == "OCIArtifactLayerOperationFailed"
        assert found["Ready"]["message"].startswith("failed to extract layer contents from artifact: ")
        assert text in found["Ready"]["message"]
        assert found["ArtifactOutdated"]["reason"] == "NewRevision"
        assert seen["status"]["artifact"] == good["status"]["artifact"]
        assert (shelf.storage / good["status"]["artifact"]["path"]).is_file()
        assert list(shelf.storage.glob(".oci-*/*")) == []


@pytest.mark.parametrize("also", [link, through_a_link])
async def test_symbolic_links_never_reach_an_artifact(
    shelf: Shelf, tmp_path: pathlib.Path, also: Callable[[tarfile.TarFile], None]
) -> None:
    layer = Blob(media_type=manifests.FLUX_CONTENT, data=packed({"cm.yaml": "a"}, also))
    await shelf.registry.push("org/app", "latest", layers=[layer])
    await shelf.source()

    async with shelf.controller():
        files = await shelf.unpacked(await shelf.see_ready(), tmp_path)

    assert set(files) - {"out/written-through-a-link"} == {"cm.yaml"}
    assert "written-through-a-link" not in os.listdir("/tmp")


async def test_a_layer_larger_than_the_flag_allows_is_not_downloaded(shelf: Shelf) -> None:
    digest = await shelf.registry.push("org/app", "latest", {"cm.yaml": "a"})
    await shelf.source()

    async with shelf.controller("--oci-max-size=10"):
        found = await shelf.see_failing()

    assert found["Ready"][1] == "OCIArtifactLayerOperationFailed"
    assert found["Ready"][2].endswith("is larger than 10 bytes")
    assert not any("/blobs/" in asked for asked in shelf.asked() if asked.startswith("GET")), digest
