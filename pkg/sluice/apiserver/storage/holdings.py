"""All objects of one group resource: current state, recent history, and who watches it."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator

from sluice.apiserver.storage import entries, watches


class Collection:
    """State by namespace and name; a bounded history that can wind the state back to an earlier revision."""

    def __init__(self, *, window: int, floor: int) -> None:
        self.floor = floor
        """The newest revision that history no longer covers; watches must start at or after it."""
        self.history: deque[entries.Event] = deque()
        self._window = window
        self._namespaces: dict[str, dict[str, entries.Entry]] = {}
        self._watches: dict[str, set[watches.Watch]] = {}

    def find(self, namespace: str, name: str) -> entries.Entry | None:
        """The current entry."""
        return self._namespaces.get(namespace, {}).get(name)

    def current(self, namespace: str = "") -> list[entries.Entry]:
        """Entries of one namespace, or of all, in the order a real server lists them (namespace, name)."""
        names = [namespace] if namespace else sorted(self._namespaces)
        return [found[name] for ns in names if (found := self._namespaces.get(ns)) for name in sorted(found)]

    def count(self) -> int:
        """How many objects there are."""
        return sum(len(found) for found in self._namespaces.values())

    def at(self, revision: int, namespace: str = "") -> list[entries.Entry]:
        """Entries as they were at an earlier revision (which history must still cover)."""
        state = {entry.key: entry for entry in self.current(namespace)}
        for event in reversed(self.history):
            if event.revision <= revision:
                break
            if namespace and event.entry.key.namespace != namespace:
                continue
            if event.previous is None:
                state.pop(event.entry.key, None)
            else:
                state[event.entry.key] = event.previous
        return [state[key] for key in sorted(state)]

    def since(self, revision: int, namespace: str = "") -> Iterator[entries.Event]:
        """Events after a revision, oldest first."""
        newer: list[entries.Event] = []
        for event in reversed(self.history):
            if event.revision <= revision:
                break
            if not namespace or event.entry.key.namespace == namespace:
                newer.append(event)
        return reversed(newer)

    def load(self, entry: entries.Entry) -> None:
        """Put an entry in place without telling anybody: it comes from disk."""
        self._namespaces.setdefault(entry.key.namespace, {})[entry.key.name] = entry

    def record(self, event: entries.Event, *, then: Iterable[Callable[[entries.Event], None]] = ()) -> None:
        """Make the change current, remember it, tell the watchers of its namespace and of all namespaces."""
        self._replace(event)
        for listener in then:
            listener(event)
        self.history.append(event)
        if len(self.history) > self._window:
            self.floor = self.history.popleft().revision
        for scope in {"", event.entry.key.namespace}:
            for watch in tuple(self._watches.get(scope, ())):
                watch.offer(event)

    def _replace(self, event: entries.Event) -> None:
        key = event.entry.key
        if event.type != "DELETED":
            self.load(event.entry)
            return
        found = self._namespaces[key.namespace]
        del found[key.name]
        if not found:
            del self._namespaces[key.namespace]

    def compact(self, revision: int) -> None:
        """Forget history up to and including a revision."""
        while self.history and self.history[0].revision <= revision:
            self.history.popleft()
        self.floor = max(self.floor, revision)

    def join(self, watch: watches.Watch) -> None:
        """Send this watch what happens from now on."""
        self._watches.setdefault(watch.namespace, set()).add(watch)

    def forget(self, watch: watches.Watch) -> None:
        """Send this watch nothing more."""
        members = self._watches.get(watch.namespace, set())
        members.discard(watch)
        if not members:
            self._watches.pop(watch.namespace, None)

    def end_watches(self) -> None:
        """Close every watch: the resource is going away, or the server is."""
        for watch in [watch for members in self._watches.values() for watch in members]:
            watch.close()
