"""Values against an OpenAPI v3 schema, with the messages and the order of kube-openapi's validator.

An update does not fail for what was already wrong: where a value equals its old value, its errors are dropped.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sluice import cel
from sluice.apiserver.validation import errors as fields
from sluice.apiserver.validation import patterns
from sluice.apiserver.validation.custom import formats, numbers
from sluice.apiserver.validation.custom.correlation import ABSENT, old_field, old_item
from sluice.apiserver.validation.errors import FieldError

_Raw = Mapping[str, Any]
_JSON_TYPES: Final[Mapping[type, str]] = {str: "string", list: "array", dict: "object"}
_NUMERIC: Final = frozenset({"integer", "number"})


@dataclass(kw_only=True)
class Result:
    """Errors, and how many checks were made: of several alternatives that fail, the one with most explains best."""

    errors: list[FieldError] = field(default_factory=list)
    checks: int = 0

    def merge(self, other: "Result") -> None:
        """Add another's errors and checks."""
        self.errors += other.errors
        self.checks += other.checks


def validate(value: Any, raw: _Raw, old: Any = ABSENT) -> list[FieldError]:
    """What is wrong with an object, by the schema of its CRD version."""
    return _validate(value, raw, "", old).errors


def _validate(value: Any, raw: _Raw, path: str, old: Any) -> Result:
    # What did not change needs no look: its errors would be let through.
    return Result() if old is not ABSENT and old == value else _check(value, raw, path, old)


def _check(value: Any, raw: _Raw, path: str, old: Any) -> Result:
    result = Result()
    types = _types(raw)
    if types or raw.get("format"):
        nullable = raw.get("nullable", False) and value is None
        error = None if nullable else _type_error(value, types, _format(raw, types), path)
        result.merge(Result(errors=[error]) if error else Result(checks=1))
    if value is None:
        result.errors += _enum(value, raw, path)
        return result
    result.merge(_alternatives(value, raw, path))
    result.checks += 3
    if isinstance(value, str):
        result.errors += _text(value, raw, types, path)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        result.errors += numbers.validate(value, raw, types, path)
        result.checks += 2
    elif isinstance(value, list):
        result.merge(_list(value, raw, path, old))
    result.errors += _enum(value, raw, path)
    if isinstance(value, dict):
        result.merge(_object(value, raw, path, old))
    return result


def _types(raw: _Raw) -> tuple[str, ...]:
    if raw.get("x-kubernetes-int-or-string"):
        return ("integer", "string")
    declared = raw.get("type", "")
    return (declared,) if declared else ()


def _format(raw: _Raw, types: Sequence[str]) -> str:
    """The schema's format where it means something for its type; the server ignores the others."""
    name = str(raw.get("format", ""))
    kind = types[0] if len(types) == 1 else ""
    if kind in {"", "string"}:
        return name if formats.known(name) else ""
    allowed = {"integer": {"int32", "int64"}, "number": {"float", "double"}}.get(kind, set())
    return name if name in allowed else ""


def _type_error(value: Any, types: Sequence[str], form: str, path: str) -> FieldError | None:
    actual, actual_format = _kind(value)
    if value is None:
        return _mistyped(path, ",".join(types), "null") if types else None
    fits = (
        actual in types
        or (actual == "number" and "integer" in types and float(value).is_integer())
        or (actual == "integer" and "number" in types)
    )
    if form and not isinstance(value, str | list) and not fits and actual_format != form:
        return _mistyped(path, form, actual_format)
    if form and isinstance(value, str | list) and not _NUMERIC & set(types):
        return None
    return None if fits or not types else _mistyped(path, ",".join(types), actual)


def _kind(value: Any) -> tuple[str, str]:
    """The JSON type and format of a value."""
    if isinstance(value, bool):
        return "boolean", ""
    if isinstance(value, int):
        return "integer", "int64"
    if isinstance(value, float):
        return "number", "float64"
    return _JSON_TYPES.get(type(value), ""), ""


def _mistyped(path: str, wanted: str, actual: str) -> FieldError:
    detail = f"{path} in body must be of type {wanted}: {fields.quoted(actual)}"
    return fields.type_invalid(_shown(path), actual, detail)


def _text(value: str, raw: _Raw, types: Sequence[str], path: str) -> list[FieldError]:
    found: list[FieldError] = []
    longest, shortest, pattern = raw.get("maxLength"), raw.get("minLength"), raw.get("pattern", "")
    if longest is not None and len(value) > longest:
        found.append(fields.too_long(_shown(path), longest))
    elif shortest is not None and len(value) < shortest:
        detail = f"{path} in body should be at least {shortest} chars long"
        found.append(fields.invalid(_shown(path), value, detail))
    elif pattern and (mismatch := _mismatch(value, pattern)):
        found.append(fields.invalid(_shown(path), value, f"{path} in body should match '{mismatch}'"))
    check = formats.known(_format(raw, types))
    if check and not check(value):
        detail = f"{path} in body must be of type {raw['format']}: {fields.quoted(value)}"
        found.append(fields.type_invalid(_shown(path), value, detail))
    return found


def _mismatch(value: str, pattern: str) -> str:
    """The pattern when the value does not match it, with the reason when nothing can."""
    try:
        return "" if patterns.matches(pattern, value) else pattern
    except cel.CELError as error:
        return f"{pattern}, but pattern is invalid: {error}"


def _enum(value: Any, raw: _Raw, path: str) -> list[FieldError]:
    allowed = raw.get("enum")
    if not allowed or any(type(value) is type(item) and value == item for item in allowed):
        return []
    names = [item if isinstance(item, str) else fields.compact(item) for item in allowed]
    return [fields.not_supported(_shown(path), value, names)]


def _list(value: list[Any], raw: _Raw, path: str, old: Any) -> Result:
    result = Result(checks=2)
    items = raw.get("items")
    if isinstance(items, Mapping):
        for index, item in enumerate(value):
            result.merge(_validate(item, items, f"{path}[{index}]", old_item(old, item, raw)))
    least, most = raw.get("minItems"), raw.get("maxItems")
    if least is not None and len(value) < least:
        detail = f"{path} in body should have at least {least} items"
        result.errors.append(fields.invalid(_shown(path), len(value), detail))
    if most is not None and len(value) > most:
        result.errors.append(fields.too_many(_shown(path), len(value), most))
    if raw.get("uniqueItems") and any(item in value[:index] for index, item in enumerate(value)):
        detail = f"{path} in body shouldn't contain duplicates"
        result.errors.append(fields.invalid(_shown(path), "", detail))
    return result


def _object(value: dict[str, Any], raw: _Raw, path: str, old: Any) -> Result:
    result = Result(checks=1, errors=_sizes(value, raw, path))
    properties: _Raw = raw.get("properties", {})
    additional = raw.get("additionalProperties")
    for key, item in value.items():
        if key not in properties and additional is False:
            text = f"{path}.{key} in body is a forbidden property"
            result.errors.append(fields.invalid(_shown(path), "", text))
        elif key not in properties and isinstance(additional, Mapping):
            result.merge(_validate(item, additional, f"{path}.{key}", old_field(old, key)))
    for name, schema in properties.items():
        if name in value:
            below = f"{path}.{name}" if path else name
            result.merge(_validate(value[name], schema, below, _old_property(old, name, path)))
    missing = (name for name in raw.get("required", ()) if name not in value)
    result.errors += [fields.required(fields.child(_shown(path), name)) for name in missing]
    return result


def _old_property(old: Any, name: str, path: str) -> Any:
    # Old and new are converted to one version first, so a change of these two would not be seen.
    return ABSENT if not path and name in {"apiVersion", "kind"} else old_field(old, name)


def _sizes(value: dict[str, Any], raw: _Raw, path: str) -> list[FieldError]:
    found: list[FieldError] = []
    least, most = raw.get("minProperties"), raw.get("maxProperties")
    if least is not None and len(value) < least:
        detail = f"{path} in body should have at least {least} properties"
        found.append(fields.invalid(_shown(path), len(value), detail))
    if most is not None and len(value) > most:
        found.append(fields.too_many(_shown(path), len(value), most))
    return found


def _alternatives(value: Any, raw: _Raw, path: str) -> Result:
    result = Result(checks=1)
    if raw.get("anyOf"):
        result.merge(_any_of([_validate(value, schema, path, ABSENT) for schema in raw["anyOf"]], path))
    if raw.get("oneOf"):
        result.merge(_one_of([_validate(value, schema, path, ABSENT) for schema in raw["oneOf"]], path))
    if raw.get("allOf"):
        result.merge(_all_of([_validate(value, schema, path, ABSENT) for schema in raw["allOf"]], path))
    if raw.get("not") is not None and not _validate(value, raw["not"], path, ABSENT).errors:
        result.errors.append(_composite(f"{fields.quoted(path)} must not validate the schema (not)"))
    return result


def _any_of(results: list[Result], path: str) -> Result:
    valid = next((result for result in results if not result.errors), None)
    if valid is not None:
        return valid
    error = _composite(f"{fields.quoted(path)} must validate at least one schema (anyOf)")
    best = max(results, key=lambda result: result.checks)
    return Result(errors=[error, *best.errors], checks=best.checks)


def _one_of(results: list[Result], path: str) -> Result:
    valid = [result for result in results if not result.errors]
    if len(valid) == 1:
        return valid[0]
    count = f"Found {len(valid)} valid alternatives" if valid else "Found none valid"
    error = _composite(f"{fields.quoted(path)} must validate one and only one schema (oneOf). {count}")
    if valid:
        return Result(errors=[error])
    best = max(results, key=lambda result: result.checks)
    return Result(errors=[error, *best.errors], checks=best.checks)


def _all_of(results: list[Result], path: str) -> Result:
    merged = Result()
    for result in results:
        merged.merge(result)
    valid = sum(1 for result in results if not result.errors)
    if valid != len(results):
        none = "" if valid else ". None validated"
        merged.errors.append(_composite(f"{fields.quoted(path)} must validate all the schemas (allOf){none}"))
    return merged


def _composite(text: str) -> FieldError:
    return fields.invalid("", "", text)


def _shown(path: str) -> str:
    """The path of an error: the schema's own paths of a root's values have a dot in front."""
    return path.removeprefix(".")
