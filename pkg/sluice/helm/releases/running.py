"""The order in which hooks are run."""

from collections.abc import Iterable

from sluice.helm.releases.records import Hook


def order(hooks: Iterable[Hook], event: str) -> list[Hook]:
    """Those for an event, `pre-install` say, one after the other: by weight, then by name, then as they are stored."""
    return sorted((hook for hook in hooks if event in hook.events), key=lambda hook: (hook.weight, hook.name.encode()))
