"""Who may refer to an object from other namespaces."""

from sluice_api.meta.objects import APIModel


class NamespaceSelector(APIModel):
    """Namespaces by their labels."""

    match_labels: dict[str, str] | None = None
    """Labels that a namespace must have, all of them; every namespace when empty."""


class AccessFrom(APIModel):
    """The namespaces from which an object may be referred to."""

    namespace_selectors: list[NamespaceSelector]
    """The namespaces; one selector that matches is enough."""
