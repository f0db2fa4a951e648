"""The kustomize engine: files in, objects out, as kustomize 5.8.1 and Flux build them.

Pure and synchronous: no network, no Kubernetes client, no event loop, nothing written, nothing executed. What is
remote and what renders charts is injected by the caller. What would run code is refused (`Refused`), never left out in
silence; `docs/kustomize.md` says what is covered.

    build(root, "apps/prod")                                   # what `kustomize build` prints, ordered as the files are
    build(root, "apps", overlay=Overlay(target_namespace="x"))  # what Flux applies
    streams.build(objects, patches=patches)                     # what post-renderers of a HelmRelease make of objects
"""

from sluice.kustomize import streams
from sluice.kustomize.building import build, generate
from sluice.kustomize.definition.kustomizations import Image, Kustomization, Patch, Selector
from sluice.kustomize.errors import (
    BuildError,
    DuplicateResource,
    GenerateError,
    InvalidChart,
    InvalidKustomization,
    InvalidPatch,
    InvalidResource,
    KustomizeError,
    LimitExceeded,
    MissingFile,
    Place,
    Refused,
    Unreachable,
)
from sluice.kustomize.loading.remote import RepoSpec
from sluice.kustomize.model.resources import Object
from sluice.kustomize.options import BuildOptions, Limits, Order, Release, Remote, SecretFile
from sluice.kustomize.overlays import Overlay

__all__ = [
    "BuildError",
    "BuildOptions",
    "DuplicateResource",
    "GenerateError",
    "Image",
    "InvalidChart",
    "InvalidKustomization",
    "InvalidPatch",
    "InvalidResource",
    "Kustomization",
    "KustomizeError",
    "LimitExceeded",
    "Limits",
    "MissingFile",
    "Object",
    "Order",
    "Overlay",
    "Patch",
    "Place",
    "Refused",
    "Release",
    "Remote",
    "RepoSpec",
    "SecretFile",
    "Selector",
    "Unreachable",
    "build",
    "generate",
    "streams",
]
