"""The rules a CRD states in CEL (`x-kubernetes-validations`): compiled once per CRD version, evaluated per write."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sluice import cel
from sluice.apiserver.validation import errors as fields
from sluice.apiserver.validation.custom import retyping, views
from sluice.apiserver.validation.custom.correlation import ABSENT, old_field, old_item
from sluice.apiserver.validation.errors import FieldError, child

_OLD_SELF: Final = re.compile(r"\boldSelf\b")
_VARIABLES: Final = {"self": "dyn", "oldSelf": "dyn"}
# CEL gets no optional value from Python, but makes one out of a list that may be empty.
_OPTIONAL_OLD_SELF: Final = "oldSelf[?0]"
_MAX_MESSAGE: Final = 5 * 1024


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule; `program` is None when it does not compile, and `error` says why."""

    text: str
    program: cel.Program | None
    error: str
    message: str
    message_program: cel.Program | None
    reason: str
    field_path: str
    optional_old: bool
    uses_old: bool

    @property
    def shown(self) -> str:
        """What stands for the rule in messages."""
        return self.message or self.text


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The rules at one node of a schema, and below it."""

    type: str
    rules: tuple[Rule, ...]
    view: views.View | None
    raw: Mapping[str, Any] = field(repr=False)
    properties: Mapping[str, "Rules"]
    additional: "Rules | None"
    items: "Rules | None"


def compile_rules(raw: Mapping[str, Any], *, root: bool = True) -> Rules | None:
    """The rules of a schema; None when it has none, here or below."""
    rules = tuple(_rule(entry, raw) for entry in _entries(raw))
    found = ((name, compile_rules(below, root=False)) for name, below in raw.get("properties", {}).items())
    properties = {name: below for name, below in found if below}
    additional, items = _below(raw.get("additionalProperties")), _below(raw.get("items"))
    if not (rules or properties or additional or items):
        return None
    return Rules(
        type=raw.get("type", ""),
        rules=rules,
        view=views.view(raw, root=root) if rules else None,
        raw=raw,
        properties=properties,
        additional=additional,
        items=items,
    )


def _below(raw: Any) -> Rules | None:
    return compile_rules(raw, root=False) if isinstance(raw, Mapping) else None


def _entries(raw: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from raw.get("x-kubernetes-validations", ())
    for branch in raw.get("allOf", ()):
        yield from branch.get("x-kubernetes-validations", ())


def _rule(entry: Mapping[str, Any], raw: Mapping[str, Any]) -> Rule:
    optional = bool(entry.get("optionalOldSelf"))
    text = str(entry.get("rule", "")).strip()
    program, error = _program(text, raw, optional=optional)
    message_text = str(entry.get("messageExpression", "")).strip()
    message_program = _program(message_text, raw, optional=optional)[0] if message_text else None
    return Rule(
        text=text,
        program=program,
        error=error,
        message=str(entry.get("message", "")).strip(),
        message_program=message_program,
        reason=entry.get("reason", "FieldValueInvalid"),
        field_path=str(entry.get("fieldPath", "")).removeprefix("."),
        optional_old=optional,
        uses_old=_OLD_SELF.search(text) is not None,
    )


def _program(text: str, raw: Mapping[str, Any], *, optional: bool) -> tuple[cel.Program | None, str]:
    source = _OLD_SELF.sub(_OPTIONAL_OLD_SELF, text) if optional else text
    has_old = not optional and _OLD_SELF.search(text) is not None
    try:
        return cel.compile(retyping.rebound(source, raw, has_old=has_old), variables=_VARIABLES), ""
    except cel.CompileError as error:
        return None, str(error)


def validate(value: Any, rules: Rules | None, old: Any = ABSENT, path: str = "") -> list[FieldError]:
    """Every rule that does not hold; rules about `oldSelf` count only where there is an old value."""
    if rules is None or value is None:
        return []
    found = _evaluate_all(value, rules, old, path)
    if isinstance(value, list) and rules.items:
        for index, item in enumerate(value):
            found += validate(item, rules.items, old_item(old, item, rules.raw), f"{path}[{index}]")
    if isinstance(value, dict):
        for key, item in value.items():
            if key in rules.properties:
                found += validate(item, rules.properties[key], old_field(old, key), child(path, key))
            elif rules.additional and key not in rules.raw.get("properties", {}):
                found += validate(item, rules.additional, old_field(old, key), f"{path}[{key}]")
    return found


def _evaluate_all(value: Any, rules: Rules, old: Any, path: str) -> list[FieldError]:
    if not rules.rules:
        return []
    has_old = old is not ABSENT and old is not None
    see = rules.view or (lambda seen: seen)
    seen, seen_old = see(value), see(old) if has_old else None
    found = []
    for rule in rules.rules:
        if rule.uses_old and not has_old and not rule.optional_old:
            continue
        former = ([seen_old] if has_old else []) if rule.optional_old else seen_old
        error = _evaluate(rule, value, {"self": seen, "oldSelf": former}, rules.type, path)
        # As for the schema: what was wrong before the update and did not change is let through.
        if error and (rule.uses_old or not has_old or old != value):
            found.append(error)
    return found


def _evaluate(rule: Rule, value: Any, variables: Mapping[str, Any], kind: str, path: str) -> FieldError | None:
    if rule.program is None:
        return fields.invalid(path, kind, f"rule compile error: {rule.error}")
    try:
        if rule.program.evaluate(**variables) is True:
            return None
    except cel.EvaluationError as error:
        return fields.invalid(path, kind, _failure(str(error), rule))
    return _error(rule, value, kind, child(path, rule.field_path), _message(rule, variables))


def _failure(reason: str, rule: Rule) -> str:
    if reason.startswith("no such overload"):
        what = "call arguments did not match a supported operator, function or macro signature for rule"
        return f"'{reason}': {what}: {rule.shown}"
    return f"{reason} evaluating rule: {rule.shown}"


def _message(rule: Rule, variables: Mapping[str, Any]) -> str:
    if rule.message_program is not None:
        try:
            text = rule.message_program.evaluate(**variables)
        except cel.EvaluationError:
            text = ""  # the message that was written instead stands in for one that cannot be computed
        trimmed = text.strip() if isinstance(text, str) else ""
        if trimmed and "\n" not in trimmed and len(trimmed.encode()) <= _MAX_MESSAGE:
            return trimmed
    return rule.message or f"failed rule: {rule.text}"


def _error(rule: Rule, value: Any, kind: str, path: str, detail: str) -> FieldError:
    shown = fields.OMITTED if kind in {"object", "array"} else value
    match rule.reason:
        case "FieldValueForbidden":
            return fields.forbidden(path, detail)
        case "FieldValueRequired":
            return fields.required(path, detail)
        case "FieldValueDuplicate":
            return fields.duplicate(path, shown)
        case _:
            return fields.invalid(path, shown, detail)
