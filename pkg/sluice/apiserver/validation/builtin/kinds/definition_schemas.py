"""The schemas of a CustomResourceDefinition: structural, and with rules that compile."""

import re
from collections.abc import Mapping
from typing import Any

from sluice import cel
from sluice.apiserver.storage.entries import Object
from sluice.apiserver.validation import errors as fields
from sluice.apiserver.validation import patterns
from sluice.apiserver.validation.builtin.kinds.checks import Errors
from sluice.apiserver.validation.custom import values

_TYPES = ("array", "boolean", "integer", "number", "object", "string")
_LIST_TYPES = ("atomic", "set", "map")
_METADATA = frozenset({"name", "generateName"})


def validate(schema: Object, path: str) -> Errors:
    """The schema of a version."""
    kind = schema.get("type") or ""
    if kind and kind != "object":
        return [fields.invalid(f"{path}.type", kind, "must be object at the root")]
    if not kind:
        return [fields.required(f"{path}.type", "must not be empty at the root")]
    found: Errors = []
    metadata = (schema.get("properties") or {}).get("metadata") or {}
    if set(metadata.get("properties") or {}) - _METADATA:
        detail = "must not specify anything other than name and generateName, but metadata is implicitly specified"
        found.append(fields.forbidden(f"{path}.properties[metadata]", detail))
        return found
    return found + _node(schema, path)


def _node(schema: Object, path: str) -> Errors:
    found = _forbidden(schema, path) + _list(schema, path) + _pattern(schema, path) + _default(schema, path)
    found += _rules(schema, path)
    for name, below in (schema.get("properties") or {}).items():
        at = f"{path}.properties[{name}]"
        found += _type(below, at, "object fields") + _node(below, at)
    additional, listed = schema.get("additionalProperties"), schema.get("items")
    if isinstance(additional, Mapping):
        at = f"{path}.additionalProperties"
        found += _type(additional, at, "object fields") + _node(dict(additional), at)
    if isinstance(listed, Mapping):
        at = f"{path}.items"
        found += _type(listed, at, "array items") + _node(dict(listed), at)
    return found


def _type(schema: Mapping[str, Any], path: str, what: str) -> Errors:
    kind = schema.get("type") or ""
    free = schema.get("x-kubernetes-int-or-string") or schema.get("x-kubernetes-preserve-unknown-fields")
    if kind and kind not in _TYPES:
        return [fields.not_supported(f"{path}.type", kind, _TYPES)]
    if not kind and not free and "$ref" not in schema:
        return [fields.required(f"{path}.type", f"must not be empty for specified {what}")]
    return []


def _forbidden(schema: Object, path: str) -> Errors:
    found: Errors = []
    if "$ref" in schema:
        found.append(fields.forbidden(f"{path}.$ref", "$ref is not supported"))
    if schema.get("uniqueItems"):
        detail = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"
        found.append(fields.forbidden(f"{path}.uniqueItems", detail))
    if schema.get("additionalProperties") is not None and schema.get("properties"):
        detail = "additionalProperties and properties are mutual exclusive"
        found.append(fields.forbidden(f"{path}.additionalProperties", detail))
    return found


def _list(schema: Object, path: str) -> Errors:
    found: Errors = []
    if schema.get("type") == "array" and "items" not in schema:
        found.append(fields.required(f"{path}.items", "must be specified"))
    kind = schema.get("x-kubernetes-list-type")
    if kind is None:
        return found
    if kind not in _LIST_TYPES:
        return [*found, fields.not_supported(f"{path}.x-kubernetes-list-type", kind, _LIST_TYPES)]
    keys = schema.get("x-kubernetes-list-map-keys") or []
    if kind == "map" and not keys:
        detail = "must not be empty if x-kubernetes-list-type is map"
        return [*found, fields.required(f"{path}.x-kubernetes-list-map-keys", detail)]
    item = schema.get("items") or {}
    for key in keys:
        declared = (item.get("properties") or {}).get(key)
        if declared is not None and "default" not in declared and key not in (item.get("required") or ()):
            detail = (
                "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property"
            )
            found.append(fields.required(f"{path}.items.properties[{key}].default", detail))
    return found


def _pattern(schema: Object, path: str) -> Errors:
    pattern = schema.get("pattern") or ""
    try:
        patterns.matches(pattern, "")
    except cel.CELError as error:
        reason = re.sub(r"^invalid regular expression: (.*): ", r"error parsing regexp: \1: ", str(error))
        detail = f"must be a valid regular expression, but isn't: {_quoted_end(reason)}"
        return [fields.invalid(f"{path}.pattern", pattern, detail)]
    return []


def _quoted_end(reason: str) -> str:
    """RE2 names what is wrong behind the last colon; Go puts it in backquotes."""
    head, colon, tail = reason.replace("missing ):", "missing closing ):").rpartition(": ")
    return f"{head}{colon}`{tail}`" if colon else reason


def _default(schema: Object, path: str) -> Errors:
    if schema.get("default") is None:
        return []
    return [
        fields.FieldError(
            type=error.type,
            path=f"{path}.default{error.path and f'.{error.path}'}",
            value=error.value,
            detail=error.detail,
        )
        for error in values.validate(schema["default"], schema)
    ]


def _rules(schema: Object, path: str) -> Errors:
    found: Errors = []
    for index, rule in enumerate(schema.get("x-kubernetes-validations") or ()):
        found += _rule(rule, f"{path}.x-kubernetes-validations[{index}].rule")
    return found


def _rule(rule: Object, path: str) -> Errors:
    text = rule.get("rule") or ""
    if not text.strip():
        return [fields.required(path, "rule is not specified")]
    try:
        program = cel.compile(text, variables={"self": "dyn", "oldSelf": "dyn"})
    except cel.CompileError as error:
        return [fields.invalid(path, _shown(rule), f"compilation failed: {error}")]
    if program.result not in ("bool", "dyn"):
        return [fields.invalid(path, _shown(rule), "cel expression must evaluate to a bool")]
    return []


def _shown(rule: Object) -> fields.InOrder:
    return fields.InOrder(
        {
            "Rule": rule.get("rule") or "",
            "Message": rule.get("message") or "",
            "MessageExpression": rule.get("messageExpression") or "",
            "Reason": rule.get("reason"),
            "FieldPath": rule.get("fieldPath") or "",
            "OptionalOldSelf": rule.get("optionalOldSelf"),
        }
    )
