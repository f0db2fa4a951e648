"""`buildMetadata`: where a resource came from and what changed it, as annotations."""

import posixpath
from collections.abc import Iterable
from typing import Any, NamedTuple

from sluice import yamlio
from sluice.kustomize.errors import InvalidResource
from sluice.kustomize.loading import remote
from sluice.kustomize.model import bookkeeping, ids
from sluice.kustomize.model.resources import Object, Resource, ResourceMap

ORIGINS, TRANSFORMATIONS, MANAGED_BY = "originAnnotations", "transformerAnnotations", "managedByLabel"
_ORIGIN_KEY = "config.kubernetes.io/origin"
_TRANSFORMATIONS_KEY = "alpha.config.kubernetes.io/transformations"


class Origin(NamedTuple):
    """Where something of the build is: a path as seen from its top, or in a repository from that one's."""

    path: str = ""
    repo: str = ""
    ref: str = ""

    def joined(self, path: str) -> "Origin":
        """Return where `path` leads from here."""
        if not remote.is_repository(path):
            return self._replace(path=posixpath.normpath(posixpath.join(self.path, remote.shown(path))))
        spec = remote.parse(path)
        # A repository's own root has a name in kustomize's annotations, since its address has no path then.
        within = posixpath.normpath(spec.path) if spec.path.strip("/.") else remote.PLACEHOLDER
        return Origin(within, remote.shown(spec.clone), spec.ref)


def of_file(origin: Origin, path: str) -> Object:
    """Return the origin of what stands in a file of the directory at `origin`."""
    path, repo, ref = origin.joined(path)
    return {"path": path, **_repository(repo, ref)}


def of_builtin(origin: Origin, file: str, kind: str) -> Object:
    """Return the origin of what a built-in generator made or transformer changed."""
    return {
        **_repository(origin.repo, origin.ref),
        "configuredIn": posixpath.normpath(posixpath.join(origin.path, file)),
        "configuredBy": {"apiVersion": "builtin", "kind": kind},
    }


def of_plugin(configuration: Resource) -> Object | None:
    """Return the origin of what a plugin made or changed: where its configuration is, and who."""
    where, who = configuration.origin, configuration.id
    if where is None:
        return None
    identity = {"apiVersion": who.gvk.api_version, "kind": who.gvk.kind, "name": who.name, "namespace": who.namespace}
    return {
        **_repository(where.get("repo", ""), where.get("ref", "")),
        **({"configuredIn": where["path"]} if "path" in where else {}),
        "configuredBy": {key: value for key, value in identity.items() if value},
    }


def _repository(repo: str, ref: str) -> Object:
    return {key: value for key, value in (("repo", repo), ("ref", ref)) if value}


def note(resources: ResourceMap, origin: Object) -> None:
    """Remember that a transformer ran over all the resources."""
    for resource in resources:
        resource.write_annotations()
        if resource.origin is None:
            resource.origin = origin
        else:
            resource.transformations.append(origin)


def write(resource: Resource, wanted: Iterable[str]) -> None:
    """Leave the annotations that the build was asked for, and none of those that only the build itself may set."""
    annotations = {key: text for key, text in resource.strings("annotations").items() if key not in bookkeeping.KEYS}
    annotations.pop(_ORIGIN_KEY, None)
    earlier = annotations.pop(_TRANSFORMATIONS_KEY, "")
    if ORIGINS in wanted and resource.origin is not None:
        annotations[_ORIGIN_KEY] = _text(resource.origin, "")
    if TRANSFORMATIONS in wanted and resource.transformations:
        everything = (*_read(earlier, resource), *resource.transformations)
        annotations[_TRANSFORMATIONS_KEY] = "".join("- " + _text(each, "  ").removeprefix("  ") for each in everything)
    elif TRANSFORMATIONS in wanted and earlier:
        annotations[_TRANSFORMATIONS_KEY] = earlier
    resource.set_strings("annotations", annotations)


def _read(text: str, resource: Resource) -> list[Object]:
    """Return the transformations that an input has already, from a build before this one."""
    try:
        found = yamlio.load(text) or []
    except yamlio.YAMLError as error:
        found = error
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise InvalidResource(
            f"{resource.id.title} does not say what has transformed it",
            field=f"metadata.annotations.{_TRANSFORMATIONS_KEY}",
        )
    return [_picked(each, ("path", "repo", "ref", "configuredIn", "configuredBy")) for each in found]


def _picked(given: Object, keys: tuple[str, ...]) -> Object:
    """Return what is set of the given fields, in their order."""
    values = {key: given.get(key) for key in keys}
    texts = {
        key: _picked(value, ("apiVersion", "kind", "name", "namespace")) if isinstance(value, dict) else ids.text(value)
        for key, value in values.items()
    }
    return {key: text for key, text in texts.items() if text}


def _text(origin: Any, margin: str) -> str:
    """Return an origin as YAML, its fields in kustomize's order rather than sorted."""
    out = ""
    for key, value in origin.items():
        if isinstance(value, dict):
            out += f"{margin}{key}:\n" + _text(value, margin + "  ")
        else:
            out += f"{margin}{key}: {_scalar(value)}\n"
    return out


def _scalar(value: str) -> str:
    """Return the value on one line, quoted where it would not be read as text."""
    written = yamlio.dump(value).rstrip("\n")
    return written if written[:1] in ("'", '"') else value
