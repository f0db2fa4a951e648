"""What runs in a worker process: files in, objects ready to apply out."""

from __future__ import annotations

import hashlib
import pathlib
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import orjson

from sluice import envsubst, kube, kustomize, ssa, yamlio
from sluice_controllers.kustomize import decrypting, overlays, remotes
from sluice_controllers.kustomize.rendering import Rendered, Renderings

if TYPE_CHECKING:
    # The API types stay with the parent: a worker is given an Order.
    from sluice_api.kustomize import v1 as kustomizev1

Object = dict[str, Any]

MOST_BYTES: Final = 64 << 20
"""What the objects of one build may take: the controller holds them in memory."""

_SUBSTITUTE: Final = "kustomize.toolkit.fluxcd.io/substitute"
_RENDERINGS: Final = Renderings()
"""Of this worker process."""


@dataclass(frozen=True, kw_only=True)
class Substitution:
    """Variables for the built manifests."""

    variables: Mapping[str, str] = field(repr=False)
    strict: bool
    """Whether a variable without value and default fails the build."""
    always: bool = False
    """Whether defaults count even when there is no variable."""
    missing: str = ""
    """Why the variables are not all there: fails the build as soon as they are needed."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """One build. Picklable, and equal to another that would give the same objects from the same files."""

    path: str
    overlay: kustomize.Overlay
    owner: ssa.Owner
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    substitution: Substitution | None = None
    decryption: decrypting.Decryption | None = None


def order_of(
    obj: kustomizev1.Kustomization,
    path: str,
    substitution: Substitution | None,
    decryption: decrypting.Decryption | None = None,
) -> Order:
    """What a Kustomization's spec asks of a build."""
    spec = obj.spec
    common = spec.common_metadata
    return Order(
        path=path,
        overlay=overlays.overlay_of(spec),
        owner=ssa.Owner(namespace=obj.metadata.namespace, name=obj.metadata.name),
        labels=(common and common.labels) or {},
        annotations=(common and common.annotations) or {},
        substitution=substitution,
        decryption=decryption,
    )


def build(root: str, order: Order, way: remotes.Way | None = None) -> bytes:
    """Build, prepare and pack. What is remote comes by `way`; without one it is refused.

    Raises:
        KustomizeError: the build failed, or gave something that is no Kubernetes object.
    """

    def render() -> Rendered:
        return _rendered(root, order, way)

    # What was opened with somebody's keys is remembered for nobody.
    found = render() if order.decryption is not None else _RENDERINGS.get(root, order.path, order.overlay, render)
    objects = found.objects
    if order.substitution is not None:
        objects = [substituted(obj, text, order.substitution) for obj, text in objects]
    return _packed(objects, order, changed=found.changed, remote=found.remote)


def _rendered(root: str, order: Order, way: remotes.Way | None) -> Rendered:
    opener = decrypting.Opener(order.decryption) if order.decryption is not None else None
    with remotes.Remote(way) if way else nullcontext() as remote:
        options = kustomize.BuildOptions(decrypt=opener.file if opener else None, remote=remote)
        built = kustomize.build(pathlib.Path(root), order.path, overlay=order.overlay, options=options)
    if opener is not None:
        built = [opener.object(obj) for obj in built]
    return Rendered(
        objects=[(obj, yamlio.dump(obj)) for obj in built],
        remote=remote is not None and remote.used,
        changed=opener.changed if opener else [],
    )


def _packed(built: list[tuple[Object, str]], order: Order, **more: Any) -> bytes:
    digest = hashlib.sha256("---\n".join(text for _, text in built).encode()).hexdigest()
    objects = list(applicable([obj for obj, _ in built]))
    encrypted = [str(kube.ObjectRef.of(obj)) for obj in objects if is_encrypted(obj)]
    prepared = [ssa.prepared(obj, order.owner, labels=order.labels, annotations=order.annotations) for obj in objects]
    packed = orjson.dumps({"digest": f"sha256:{digest}", "objects": prepared, "encrypted": encrypted, **more})
    if len(packed) > MOST_BYTES:
        raise kustomize.KustomizeError(f"the objects take {len(packed)} bytes, more than the {MOST_BYTES} allowed")
    return packed


def substituted(obj: Object, text: str, substitution: Substitution) -> tuple[Object, str]:
    """The object with its variables replaced, in its text as YAML: what was a text may become a number; and that text.

    Raises:
        KustomizeError: a variable is missing, or the result is no object; in Flux's words.
    """
    metadata = obj.get("metadata") or {}
    if any((metadata.get(field) or {}).get(_SUBSTITUTE) == "disabled" for field in ("labels", "annotations")):
        return obj, text
    try:
        if substitution.missing:
            raise kustomize.KustomizeError(substitution.missing)
        if not substitution.variables and not substitution.always:
            return obj, text
        return _replaced(obj, text, substitution)
    except (kustomize.KustomizeError, envsubst.SubstitutionError) as error:
        ref = kube.ObjectRef.of(obj)
        kind = f"{ref.kind}.{ref.version}.{ref.group or '[noGrp]'}"
        raise kustomize.KustomizeError(f"post build failed for '{kind}/{ref.name}': {error}") from None


def _replaced(obj: Object, text: str, substitution: Substitution) -> tuple[Object, str]:
    try:
        envsubst.check_names(substitution.variables)
    except envsubst.InvalidName as error:
        raise kustomize.KustomizeError(f"envsubst error: {error}") from None
    if "$" not in text:
        return obj, text
    try:
        found: Object = yamlio.load(envsubst.substitute(text, substitution.variables, strict=substitution.strict))
    except envsubst.SubstitutionError as error:
        raise kustomize.KustomizeError(f"envsubst error: variable substitution failed: {error}") from None
    except yamlio.YAMLError as error:
        raise kustomize.KustomizeError(f"envsubst error: YAMLToJSON: {error}") from None
    return found, yamlio.dump(found)


def applicable(built: list[Object]) -> Iterator[Object]:
    """The objects of a build that are applied: lists are taken apart, kustomize's own configuration stays behind."""
    for obj in built:
        ref = kube.ObjectRef.of(obj)
        if ref.kind.endswith("List") and isinstance(obj.get("items"), list):
            yield from applicable(obj["items"])
        elif not (ref.name and ref.kind and ref.version) or not _is_sound(obj):
            raise kustomize.KustomizeError(
                f"failed to decode Kubernetes apiVersion, kind and name from: {_excerpt(obj)}"
            )
        elif not (ref.group == "kustomize.config.k8s.io" and ref.kind == "Kustomization"):
            yield obj


def is_encrypted(obj: Object) -> bool:
    """Whether this is a Secret that SOPS has encrypted and nobody has decrypted."""
    ref = kube.ObjectRef.of(obj)
    return (ref.group, ref.kind) == ("", "Secret") and "sops" in obj and not decrypting.is_opted_out(obj)


def _is_sound(obj: Object) -> bool:
    """Whether what names an object is text, and what is added to is a mapping."""
    meta = obj["metadata"]
    texts = (obj["apiVersion"], obj["kind"], meta["name"], meta.get("namespace") or "")
    mappings = (meta.get(field) or {} for field in ("labels", "annotations"))
    return all(isinstance(text, str) for text in texts) and all(isinstance(one, dict) for one in mappings)


def _excerpt(obj: Object) -> str:
    """Enough of an object to find it; no values, as they may be secret."""
    found = obj.get("metadata")
    meta = {key: found[key] for key in ("name", "namespace") if key in found} if isinstance(found, dict) else {}
    named: Object = {key: obj[key] for key in ("apiVersion", "kind") if key in obj}
    return str({**named, "metadata": meta})
