"""The kustomization that Flux makes of a directory and its own settings, without writing it anywhere.

A directory with a kustomization file keeps it; one without gets a list of every manifest below it. Flux's settings
are then merged in.
"""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from sluice.kustomize.definition import parsing
from sluice.kustomize.definition.kustomizations import Image, Kustomization, Patch
from sluice.kustomize.errors import BuildError, GenerateError
from sluice.kustomize.loading import reading
from sluice.kustomize.loading.files import KUSTOMIZATION_NAMES, Files, is_remote
from sluice.kustomize.model.origins import ORIGINS

_PLACEHOLDER = "_placeholder"
"""Namespace of a kustomization without any manifest: it makes the build yield nothing instead of failing as empty."""


class Overlay(NamedTuple):
    """What a Flux Kustomization adds to the directory it points at; fields are those of its spec."""

    target_namespace: str = ""
    name_prefix: str = ""
    name_suffix: str = ""
    patches: tuple[Patch, ...] = ()
    images: tuple[Image, ...] = ()
    components: tuple[str, ...] = ()
    ignore_missing_components: bool = False
    build_metadata: tuple[str, ...] = ()


def generate(files: Files, directory: Path, overlay: Overlay) -> Kustomization:
    """Return the kustomization to build in `directory`.

    GenerateError when a file that would be listed is no manifest, the kustomization file cannot be read, or a
    component is not a local path; BuildError when what is read is not a kustomization.
    """
    found = _existing(files, directory)
    kustomization = found if found is not None else _listing(files, directory)
    components = (*kustomization.components, *_components(directory, overlay))
    return replace(
        kustomization,
        namespace=overlay.target_namespace or kustomization.namespace,
        name_prefix=overlay.name_prefix or kustomization.name_prefix,
        name_suffix=overlay.name_suffix or kustomization.name_suffix,
        patches=(*kustomization.patches, *overlay.patches),
        components=components,
        images=_merged_images(kustomization.images, overlay.images),
        build_metadata=overlay.build_metadata or kustomization.build_metadata,
    )


def _existing(files: Files, directory: Path) -> Kustomization | None:
    if not directory.is_dir():
        path = directory / KUSTOMIZATION_NAMES[0]
        raise GenerateError(f"open {path}: not a directory remove {path}: not a directory", file=files.name(directory))
    for name in KUSTOMIZATION_NAMES:
        if not (directory / name).is_file():
            continue
        shown = files.name(directory / name)
        try:
            # Flux reads this one file without minding what it does not know.
            raw = parsing.decode(files.read(directory, name), file=shown, lenient=True)
        except BuildError as error:
            raise _generate_error(error) from error
        if not raw.get("resources"):
            raw["buildMetadata"] = [ORIGINS]
        return replace(parsing.of(raw, file=shown, directory=directory), file=name)
    return None


def _listing(files: Files, directory: Path) -> Kustomization:
    resources = tuple(f"./{path.relative_to(directory)}" for path in _manifests(files, directory))
    if not resources:
        return Kustomization(file=KUSTOMIZATION_NAMES[0], namespace=_PLACEHOLDER)
    return Kustomization(file=KUSTOMIZATION_NAMES[0], resources=resources)


def _manifests(files: Files, directory: Path) -> Iterator[Path]:
    """Find manifests in the order Go walks a tree; a directory with a kustomization of its own counts as one."""
    for entry in sorted(os.scandir(directory), key=lambda entry: entry.name.encode("utf-8", "surrogateescape")):
        path = directory / entry.name
        if entry.is_dir(follow_symlinks=False):
            if files.is_kustomization(path):
                yield path
            else:
                yield from _manifests(files, path)
        elif path.suffix in (".yaml", ".yml") and not path.is_dir():
            _check(files, directory, path)
            yield path


def _check(files: Files, directory: Path, path: Path) -> None:
    name = files.name(path)
    try:
        files.ahead[path] = reading.objects(files.read(directory, path.name), file=name)
    except BuildError as error:
        raise _generate_error(error.within(f"failed to decode Kubernetes YAML from {path}")) from error


def _generate_error(error: BuildError) -> GenerateError:
    generate_error = GenerateError(error.reason, file=error.file, line=error.line, field=error.field)
    generate_error.message = error.message
    return generate_error


def _components(directory: Path, overlay: Overlay) -> Iterator[str]:
    for component in overlay.components:
        if is_remote(component) or os.path.isabs(component):
            raise GenerateError(f"component path '{component}' must be local and relative", field="components")
        if (directory / component).exists() or not overlay.ignore_missing_components:
            yield component


def _merged_images(images: tuple[Image, ...], more: tuple[Image, ...]) -> tuple[Image, ...]:
    """Join by name. A tag and a digest are one setting: giving either replaces both."""
    merged = list(images)
    for image in more:
        at = next((at for at, present in enumerate(merged) if present.name == image.name), None)
        if at is None:
            merged.append(Image(name=image.name, new_name=image.new_name, new_tag=image.new_tag, digest=image.digest))
            continue
        present = merged[at]
        if image.new_name:
            present = present._replace(new_name=image.new_name)
        if image.new_tag or image.digest:
            present = present._replace(new_tag=image.new_tag, digest=image.digest)
        merged[at] = present
    return tuple(merged)
