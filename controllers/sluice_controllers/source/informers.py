"""What the process follows of the cluster: one informer for each kind of source, whoever needs it."""

from sluice import kube
from sluice.runtime.manager import Manager
from sluice_api import meta


def resource_of(model: type[meta.APIObject]) -> kube.Resource:
    """How the API server calls the kind."""
    names = model.names
    return kube.Resource(
        group=names.group, version=names.version, kind=names.kind, plural=names.plural, namespaced=True
    )


class Informers:
    """Makes an informer when it is first asked for: a kind's own controller and those that depend on it share it."""

    def __init__(self, manager: Manager) -> None:
        self._manager = manager
        self._made: dict[kube.Resource, kube.Informer] = {}
        self._whole: dict[kube.Resource, kube.Informer] = {}

    def all_of(self, model: type[meta.APIObject]) -> kube.Informer:
        """The informer of all objects of a kind, whatever labels are ours to work on."""
        if not self._manager.settings.watch_label_selector:
            return self.of(model)
        resource = resource_of(model)
        if resource not in self._whole:
            self._whole[resource] = self._manager.informer(resource, transform=kube.without_managed_fields)
        return self._whole[resource]

    def of(self, model: type[meta.APIObject]) -> kube.Informer:
        """The informer of a kind, with everything of its objects but who manages which field."""
        resource = resource_of(model)
        if resource not in self._made:
            labels = self._manager.settings.watch_label_selector
            self._made[resource] = self._manager.informer(
                resource, labels=labels, transform=kube.without_managed_fields
            )
        return self._made[resource]
