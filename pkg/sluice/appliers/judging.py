"""The health of single objects: by the expressions of who asks, else by the rules of the kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from sluice import cel, kube, ssa
from sluice.appliers.expressions import Expressions
from sluice.ssa import health
from sluice_api.kustomize import v1 as kustomizev1

Checks = Iterable[kustomizev1.CustomHealthCheck]
Memory = dict[str, Any]

_JUDGED: Final = "judged"


class InvalidRule(ValueError):
    """Health expressions that cannot be used; the text is Flux's."""


@dataclass(frozen=True)
class Rule:
    """Expressions in the order in which they are asked, and what each says when it holds."""

    expressions: tuple[str, ...]
    verdicts: tuple[health.Status, ...]

    @classmethod
    def of(cls, check: kustomizev1.CustomHealthCheck) -> Rule:
        """The rule that a spec has."""
        given = [
            (check.in_progress, health.Status.IN_PROGRESS),
            (check.failed, health.Status.FAILED),
            (check.current, health.Status.CURRENT),
        ]
        expressions, verdicts = zip(*((one, verdict) for one, verdict in given if one), strict=True)
        return cls(expressions, verdicts)


class Rules:
    """The expressions of one who asks, by group and kind; those of a kind count before those of its group."""

    def __init__(self, checks: Checks, *, tenant: str) -> None:
        """`tenant` is the namespace whose the time is that they take."""
        self.tenant = tenant
        self._rules = {_key(check): Rule.of(check) for check in checks}

    def find(self, ref: kube.ObjectRef) -> Rule | None:
        """The rule for an object, whatever its version."""
        return self._rules.get((ref.group, ref.kind)) or self._rules.get((ref.group, ""))

    def need(self, ref: kube.ObjectRef) -> ssa.Extent:
        """What has to be seen of an object to judge it."""
        return ssa.Extent.WHOLE if self.find(ref) is not None else ssa.by_status(ref)


class Judge:
    """Judges objects as the watches show them."""

    def __init__(self, expressions: Expressions, readiness: ssa.Readiness) -> None:
        self._expressions = expressions
        self._readiness = readiness

    async def check(self, checks: Checks, *, tenant: str) -> None:
        """See that the expressions can be used.

        Raises:
            InvalidRule: one cannot.
            EvaluationError: that cannot be said within the limits of `Expressions`.
            Postponed: not now.
        """
        known: set[tuple[str, str]] = set()
        for index, check in enumerate(checks):
            key = _key(check)
            if key in known:
                kind = f"{key[1]}.{key[0]}" if key[0] else key[1]
                raise InvalidRule(f"duplicate custom health check for GroupKind {kind} at healthchecks[{index}]")
            known.add(key)
            try:
                await self._check(check, tenant)
            except cel.CompileError as error:
                raise InvalidRule(
                    f"failed to create custom status evaluator for healthchecks[{index}]: {error}"
                ) from None

    async def _check(self, check: kustomizev1.CustomHealthCheck, tenant: str) -> None:
        if not check.current:
            raise cel.CompileError("expression Current not specified")
        for name, expression in _named(check):
            try:
                await self._expressions.check(expression, None, tenant=tenant)
            except cel.CompileError as error:
                raise cel.CompileError(f"failed to parse the expression {name}: {error}") from None

    async def judge(self, memory: Memory, rules: Rules, ref: kube.ObjectRef) -> health.Health:
        """The health of a target that is followed as the rules need it. `memory` is that of who asks."""
        rule = rules.find(ref)
        if rule is None:
            return self._readiness.of(ref)
        found = self._readiness.look(ref, need=rules.need)
        if isinstance(found, health.Health):
            return found
        known = memory.setdefault(_JUDGED, {})
        state = (rule, found["metadata"].get("uid"), found["metadata"].get("resourceVersion"))
        if known.get(ref, (None,))[0] != state or known[ref][1].status is health.Status.UNKNOWN:
            known[ref] = (state, health.unsettled(found) or await self._judged(rules.tenant, rule, found))
        verdict: health.Health = known[ref][1]
        return verdict

    async def _judged(self, tenant: str, rule: Rule, found: kube.Object) -> health.Health:
        try:
            first = await self._expressions.first_true(rule.expressions, found, None, tenant=tenant)
        except cel.CELError as error:
            # What went wrong may quote what the object holds.
            secret = (found.get("apiVersion"), found.get("kind")) == ("v1", "Secret")
            return health.Health(health.Status.UNKNOWN, "its expressions fail" if secret else str(error))
        if first < 0:
            return health.Health(health.Status.IN_PROGRESS, "no health expression holds")
        return health.Health(rule.verdicts[first], "as its health expression says")


def told(ref: kube.ObjectRef, found: health.Health, word: str = "") -> str:
    """An object, how it is, and why, as Flux tells it where it knows why."""
    why = "" if found.status is health.Status.NOT_FOUND else found.message
    return ": ".join(part for part in (f"{ref} status: '{found.status}'", why, word) if part)


def _named(check: kustomizev1.CustomHealthCheck) -> Iterator[tuple[str, str]]:
    """The expressions that are given, in the order in which Flux reads them."""
    given = (("Current", check.current), ("Failed", check.failed), ("InProgress", check.in_progress))
    return ((name, expression) for name, expression in given if expression)


def _key(check: kustomizev1.CustomHealthCheck) -> tuple[str, str]:
    group, _, _ = check.api_version.rpartition("/")
    return group, check.kind or ""
