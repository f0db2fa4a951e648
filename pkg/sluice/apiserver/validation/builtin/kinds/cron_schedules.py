"""Schedules of cron, with the messages of the parser that Kubernetes uses."""

from sluice.apiserver.validation import errors as fields
from sluice.apiserver.validation.builtin.kinds.checks import Errors

_DESCRIPTORS = frozenset({"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"})
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS: tuple[tuple[int, int, dict[str, int]], ...] = (
    (0, 59, {}),
    (0, 23, {}),
    (1, 31, {}),
    (1, 12, {name: number for number, name in enumerate(_MONTHS, 1)}),
    (0, 6, {name: number for number, name in enumerate(_DAYS)}),
)


def validate(schedule: str, path: str) -> Errors:
    """Five fields, or a descriptor such as `@daily`; time zones have a field of their own."""
    if "TZ" in schedule:
        detail = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"
        return [fields.invalid(path, schedule, detail)]
    problem = _problem(schedule)
    return [fields.invalid(path, schedule, problem)] if problem else []


def _problem(schedule: str) -> str:
    if schedule.startswith("@"):
        known = schedule in _DESCRIPTORS or schedule.startswith("@every ")
        return "" if known else f"unrecognized descriptor: {schedule}"
    parts = schedule.split()
    if len(parts) != len(_FIELDS):
        return f"expected exactly 5 fields, found {len(parts)}: [{' '.join(parts)}]"
    problems = (_field(part, *bounds) for part, bounds in zip(parts, _FIELDS, strict=True))
    return next((problem for problem in problems if problem), "")


def _field(text: str, low: int, high: int, names: dict[str, int]) -> str:
    problems = (_range(part, low, high, names) for part in text.split(","))
    return next((problem for problem in problems if problem), "")


def _range(text: str, low: int, high: int, names: dict[str, int]) -> str:
    bounds, slash, step = text.partition("/")
    first, dash, last = bounds.partition("-")
    if bounds in ("*", "?"):
        numbers = [low, high]
    else:
        found = [_number(part, names) for part in ([first, last] if dash else [first])]
        if any(number is None for number in found):
            wrong = next(part for part in (first, last) if _number(part, names) is None)
            return f"failed to parse int from {wrong}: strconv.Atoi: parsing {fields.quoted(wrong)}: invalid syntax"
        numbers = [number for number in found if number is not None]
    if slash and (not step.isdigit() or int(step) == 0):
        return f"step of range should be a positive number: {text}"
    start, end = numbers[0], numbers[-1]
    if start < low:
        return f"beginning of range ({start}) below minimum ({low}): {text}"
    if end > high:
        return f"end of range ({end}) above maximum ({high}): {text}"
    if start > end:
        return f"beginning of range ({start}) beyond end of range ({end}): {text}"
    return ""


def _number(text: str, names: dict[str, int]) -> int | None:
    if text.lower() in names:
        return names[text.lower()]
    return int(text) if text.isdigit() else None
