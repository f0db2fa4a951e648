"""Who the resources of a layer are and were, to find the few that a replacement means without looking at all."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sluice.kustomize.definition.kustomizations import ReplacementTarget, Selector
from sluice.kustomize.errors import BuildError
from sluice.kustomize.model.ids import DEFAULT, ResId
from sluice.kustomize.model.resources import Resource
from sluice.kustomize.patching import selecting

_NO_EXPRESSION = re.compile("[A-Za-z0-9_/-]*")
"""What matches nothing but itself; the dot of a name matches anything."""


class _Known(NamedTuple):
    """A resource and the identities it has and had."""

    resource: Resource
    ids: tuple[ResId, ...]


class Identities:
    """The resources in order, found by their present and former names and kinds."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self._resources = list(resources)
        self._index()

    def _index(self) -> None:
        self._all = [_Known(each, (each.id, *each.previous_ids())) for each in self._resources]
        self._by_name: dict[str, list[_Known]] = defaultdict(list)
        self._by_kind: dict[str, list[_Known]] = defaultdict(list)
        for known in self._all:
            for name in {one.name for one in known.ids}:
                self._by_name[name].append(known)
            for kind in {one.gvk.kind for one in known.ids}:
                self._by_kind[kind].append(known)
        self.changed = False
        """Set when a resource has got another name, namespace or kind."""

    def _among(self, name: str, kind: str) -> Sequence[_Known]:
        """Return the fewest that are known to contain all of this name and kind; "" is any."""
        if self.changed:
            self._index()
        if name:
            return self._by_name.get(name, ())
        return self._by_kind.get(kind, ()) if kind else self._all

    def source(self, wanted: ResId) -> list[Resource]:
        """Return the resources that a source means: by equal names, not by expressions."""
        among = self._among(wanted.name, wanted.gvk.kind)
        return [known.resource for known in among if any(_is_meant(wanted, one) for one in known.ids)]

    def targets(self, target: ReplacementTarget) -> list[Resource]:
        """Return the resources that a target selects and does not reject.

        A resource is rejected by an entry's labels and annotations alone, and by its names alone, as kustomize does.
        """
        if target.select is None:
            raise BuildError("target must specify resources to select", field="select")
        select = _Selection(target.select, "select")
        rejects = [_Selection(reject, f"reject[{at}]") for at, reject in enumerate(target.reject)]
        among = self._among(_literal(target.select.name), _literal(target.select.kind))
        return [
            known.resource
            for known in among
            if any(select.names(one) for one in known.ids)
            and select.describes(known.resource)
            and not any(reject.has_labels and reject.describes(known.resource) for reject in rejects)
            and not any(reject.has_names and reject.names(one) for reject in rejects for one in known.ids)
        ]


class _Selection:
    """A selector's two halves: who a resource is, and how it is labelled."""

    def __init__(self, selector: Selector, field: str) -> None:
        parts = (selector.group, selector.version, selector.kind, selector.name, selector.namespace)
        self.has_names = any(parts)
        self.has_labels = bool(selector.label_selector or selector.annotation_selector)
        try:
            self._parts = tuple(selecting.whole(part) for part in parts)
            self._labels = selecting.parse(selector.label_selector)
            self._annotations = selecting.parse(selector.annotation_selector)
        except BuildError as error:
            raise error.within("error creating target selector").located(field=field) from error

    def names(self, one: ResId) -> bool:
        """Tell whether this is whom the selector means; a namespace is compared as it is written, unlike a source's."""
        group, version, kind, name, namespace = self._parts
        return (
            group(one.gvk.group)
            and version(one.gvk.version)
            and kind(one.gvk.kind)
            and name(one.name)
            and namespace(one.namespace)
        )

    def describes(self, resource: Resource) -> bool:
        """Tell whether labels and annotations are as the selector wants them."""
        return all(
            holds(found)
            for requirements, field in ((self._labels, "labels"), (self._annotations, "annotations"))
            if requirements
            for found in (resource.strings(field),)
            for holds in requirements
        )


def _is_meant(wanted: ResId, one: ResId) -> bool:
    return (
        wanted.name in ("", one.name)
        and (not wanted.namespace or (one.namespace or DEFAULT) == wanted.namespace)
        and one.gvk.selected_by(wanted.gvk)
    )


def _literal(pattern: str) -> str:
    """Return the only text that an expression matches, if that is plain to see."""
    return pattern if _NO_EXPRESSION.fullmatch(pattern) else ""
