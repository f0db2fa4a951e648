"""Exceptions that carry policy: raised by a step, turned into conditions, events and requeue by the one finaliser.

```
RuntimeFault
├── OutcomeError        reason and message for Ready, optionally the auxiliary condition that failed
│   ├── Stalled         nothing but a change of the object (or a watch event) can help
│   ├── Waiting         not a failure: something else has to happen first; no worker is held meanwhile
│   └── Transient       a failure that is retried: after a fixed delay, or with exponential backoff
├── Postponed           nothing is said of the object: the pass begins again later
├── SettingsError       the flags or the environment make no sense; the process does not start
└── LeadershipLost      the lease could not be renewed in time; the process must stop
```

An exception of any other type that leaves a step is a defect or an unexpected API error: it is caught for that item
alone, logged with its stack, retried with backoff, and told to the user without internals.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal, TypedDict, Unpack

from sluice.runtime.redaction import redact

EventType = Literal["Normal", "Warning", "Trace"]
"""Normal and Warning become Kubernetes events and are posted; Trace becomes a Kubernetes event only."""


class RuntimeFault(Exception):
    """Base of everything this package raises."""


class Telling(TypedDict, total=False):
    """How an outcome is told beside reason and message; see `OutcomeError`."""

    condition: str | None
    event: EventType | Literal["default"] | None
    event_message: str
    metadata: Mapping[str, str] | None
    summed: bool
    observe: bool


class OutcomeError(RuntimeFault):
    """A pass that ends other than in success. Raise one of the subclasses.

    `reason` and `message` go to Ready. Messages are shown to users: no internals, no per-run noise such as durations
    (they would make every pass a status change). What looks like a secret is taken out.
    """

    default_event: ClassVar[EventType | None] = "Warning"
    observes: ClassVar[bool] = False
    """Whether the generation counts as handled, unless it is said."""

    def __init__(
        self,
        reason: str,
        message: str,
        *,
        condition: str | None = None,
        event: EventType | Literal["default"] | None = "default",
        event_message: str = "",
        metadata: Mapping[str, str] | None = None,
        summed: bool = False,
        observe: bool | None = None,
    ) -> None:
        """`condition` names the auxiliary condition to set in its failing direction, with the same reason and message.

        `event` None emits nothing; `event_message` is for kinds whose event reads differently from the condition.
        `summed`: Ready follows from the other conditions by the kind's rules, where they say anything; reason and
        message are those of Stalled, and of the event. `observe` writes status.observedGeneration or leaves it alone.
        """
        self.message = redact(message)
        super().__init__(self.message)
        self.reason = reason
        self.condition = condition
        self.event: EventType | None = self.default_event if event == "default" else event
        self.event_message = event_message or self.message
        self.metadata: Mapping[str, str] = dict(metadata or {})
        self.summed = summed
        self.observe = self.observes if observe is None else observe

    def __str__(self) -> str:
        return f"{self.reason}: {self.message}"


class Stalled(OutcomeError):
    """Terminal until the object changes: Stalled=True, Ready=False, no requeue, Reconciling removed.

    It counts as handled, unless it says otherwise (Flux does so for AccessDenied on Kustomizations).
    """

    observes = True


class Waiting(OutcomeError):
    """Nothing failed, something else has to happen first. Ends the pass and frees the worker.

    The item is woken by any token it subscribed to in this pass (`Context.subscribe`), by a change of the object, or
    when `after` seconds have passed (None or 0: no timer). With `ready="Unknown"` the work is seen as under way:
    Reconciling=True/Progressing with the last progress message, and the reconcile request counts as not yet handled.
    With `ready="False"` Ready tells what is missing.

    The event (default: Trace) is emitted only when the wait is news, that is when Ready changes: being woken and
    waiting on for the same thing tells nobody twice.

    A wait that has lasted since `since` (monotonic seconds) is not told before it has lasted for as long as a pass that
    is under way: until then no status is written, and the next pass begins from the status as it is. Most waits are
    over by then.
    """

    default_event = "Trace"

    def __init__(
        self,
        reason: str,
        message: str,
        *,
        after: float | None = None,
        ready: Literal["False", "Unknown"] = "False",
        since: float | None = None,
        **telling: Unpack[Telling],
    ) -> None:
        super().__init__(reason, message, **telling)
        self.after = after
        self.since = since
        self.ready: Literal["False", "Unknown"] = ready


class Transient(OutcomeError):
    """A failure worth another try: Ready=False, Reconciling=True/ProgressingWithRetry, Stalled removed.

    `after` seconds None means exponential backoff for this item (`--min-retry-delay` … `--max-retry-delay`);
    a number means exactly that delay and resets the backoff; 0 means that no time brings another try, as with Flux.
    """

    def __init__(
        self,
        reason: str,
        message: str,
        *,
        after: float | None = None,
        **telling: Unpack[Telling],
    ) -> None:
        super().__init__(reason, message, **telling)
        self.after = after


class Postponed(RuntimeFault):
    """What the pass needs is too busy. Its status stays as it is, and another pass begins after the item's backoff.

    The text is for the log.
    """


class SettingsError(RuntimeFault):
    """Flags or environment that cannot be obeyed. Its text is the one line shown to the operator."""


class LeadershipLost(RuntimeFault):
    """The lease was not renewed before its deadline: another replica may lead now, so this process must stop."""
