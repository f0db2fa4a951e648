from collections.abc import Callable
from pathlib import Path

import pytest

from sluice import kustomize
from sluice.kustomize import BuildOptions, Limits, Overlay

Write = Callable[[dict[str, str | bytes]], Path]
CM = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}\n"


@pytest.mark.parametrize(
    "kustomization",
    [
        "resources: [../outside.yaml]",
        "resources: [/etc/passwd]",
        "resources: [../outside]",
        "resources: [link.yaml]",
        "resources: [dir]",
        "components: [dir]",
        "configMapGenerator: [{name: x, files: [link.yaml]}]",
        "configMapGenerator: [{name: x, envs: [../outside.yaml]}]",
        "resources: [cm.yaml]\npatches: [{path: link.yaml}]",
        "resources: [cm.yaml]\nconfigurations: [link.yaml]",
    ],
)
def test_nothing_outside_the_root_is_read(write: Write, tmp_path: Path, kustomization: str) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside.yaml").write_text(CM)
    (tmp_path / "outside" / "kustomization.yaml").write_text("resources: [cm.yaml]")
    (tmp_path / "outside" / "cm.yaml").write_text(CM)
    root = write({"kustomization.yaml": kustomization, "cm.yaml": CM})
    (root / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    (root / "dir").symlink_to(tmp_path / "outside")
    with pytest.raises(kustomize.KustomizeError, match="is not in or below"):
        kustomize.build(root)


def test_the_path_itself_cannot_leave_the_root(write: Write) -> None:
    root = write({"kustomization.yaml": "resources: []"})
    for overlay in (None, Overlay()):
        with pytest.raises(kustomize.Refused, match="is not in or below"):
            kustomize.build(root, "../..", overlay=overlay)


def test_a_manifest_that_is_a_link_out_of_the_root_is_not_listed_unread(write: Write, tmp_path: Path) -> None:
    (tmp_path / "outside.yaml").write_text(CM)
    root = write({"a.yaml": CM})
    (root / "b.yaml").symlink_to(tmp_path / "outside.yaml")
    with pytest.raises(kustomize.GenerateError, match="is not in or below"):
        kustomize.build(root, overlay=Overlay())


def test_links_within_the_root_are_followed(write: Write) -> None:
    root = write({"kustomization.yaml": "resources: [link.yaml]", "real/cm.yaml": CM})
    (root / "link.yaml").symlink_to("real/cm.yaml")
    assert len(kustomize.build(root)) == 1


def test_files_beside_the_kustomization_can_be_refused_as_the_command_does(write: Write) -> None:
    root = write({"app/kustomization.yaml": "resources: [../cm.yaml]", "cm.yaml": CM})
    assert len(kustomize.build(root, "app")) == 1
    with pytest.raises(kustomize.Refused, match="security; file"):
        kustomize.build(root, "app", options=BuildOptions(below_kustomization_only=True))


@pytest.mark.parametrize("entry", ["https://x.test/a.yaml", "http://x.test/a.yaml"])
def test_remote_files_need_a_loader(write: Write, entry: str) -> None:
    root = write({"kustomization.yaml": f"resources: ['{entry}']"})
    with pytest.raises(kustomize.Refused, match="reads only its own source"):
        kustomize.build(root)


def test_remote_directories_are_refused(write: Write) -> None:
    root = write({"kustomization.yaml": "resources: ['github.com/x/y//base?ref=v1']"})
    with pytest.raises(kustomize.KustomizeError, match="fs-security-constraint abs github"):
        kustomize.build(root)


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (Limits(file_bytes=100), "larger than 100 bytes"),
        (Limits(total_bytes=150), "more than 150 bytes"),
        (Limits(files=2), "more than 2 files"),
        (Limits(resources=1), "more than 1 resources"),
        (Limits(depth=1), "nested deeper than 1"),
    ],
)
def test_a_build_beyond_its_limits_ends(write: Write, limits: Limits, message: str) -> None:
    root = write(
        {
            "kustomization.yaml": "resources: [a.yaml, b.yaml, base]",
            "a.yaml": CM.replace("cm", "a"),
            "b.yaml": CM.replace("cm", "b") + "#" * (60 if limits.file_bytes == 100 else 0),
            "base/kustomization.yaml": "resources: [more]",
            "base/more/kustomization.yaml": "resources: [c.yaml]",
            "base/more/c.yaml": CM,
        }
    )
    with pytest.raises(kustomize.LimitExceeded, match=message):
        kustomize.build(root, options=BuildOptions(limits=limits))
    assert len(kustomize.build(root)) == 3


def test_nothing_is_written(write: Write) -> None:
    root = write({"app/cm.yaml": CM})
    before = sorted(root.rglob("*"))
    kustomize.build(root, "app", overlay=Overlay(name_prefix="x-"))
    assert sorted(root.rglob("*")) == before
