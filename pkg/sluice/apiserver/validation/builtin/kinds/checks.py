"""Checks that many kinds share."""

import ipaddress
import re
from collections.abc import Callable, Iterable
from typing import Any

from sluice.apiserver.storage.entries import Object
from sluice.apiserver.validation import errors as fields
from sluice.apiserver.validation import metadata, names
from sluice.apiserver.validation.errors import FieldError

Errors = list[FieldError]

_PERCENT = re.compile("[0-9]+%")
_PERCENT_RULE = "a valid percent string must be a numeric string followed by an ending '%'"
_MAX_ID = 2**31 - 1


def non_negative(path: str, value: int | None) -> Errors:
    """A count or a number of seconds."""
    if value is None or value >= 0:
        return []
    return [fields.invalid(path, value, "must be greater than or equal to 0")]


def one_of(path: str, value: Any, allowed: Iterable[str], *, default: str = "") -> Errors:
    """One of an enumeration; `default` stands for an absent one."""
    given = default if value is None else value
    return [] if given in (listed := tuple(allowed)) else [fields.not_supported(path, given, listed)]


def named(path: str, value: str | None, check: names.Check) -> Errors:
    """A name by one of the rules of `names`."""
    return [fields.invalid(path, value or "", text) for text in check(value or "")]


def required_name(path: str, value: str | None, check: names.Check) -> Errors:
    """A name that must be there as well."""
    return named(path, value, check) if value else [fields.required(path)]


def port(path: str, value: int | str | None) -> Errors:
    """A port by number or by name."""
    if isinstance(value, str):
        return [fields.invalid(path, value, text) for text in names.port_name(value)]
    return [fields.invalid(path, value or 0, text) for text in names.port_number(value or 0)]


def ip(path: str, value: str) -> Errors:
    """An IP address."""
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return [fields.invalid(path, value, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)")]
    return []


def cidr(path: str, value: str) -> Errors:
    """A network in CIDR notation."""
    try:
        if "/" in value:
            ipaddress.ip_network(value, strict=False)
            return []
    except ValueError:
        pass
    return [fields.invalid(path, value, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)")]


def user_id(path: str, value: int | None) -> Errors:
    """A user or group of Unix."""
    if value is None or 0 <= value <= _MAX_ID:
        return []
    return [fields.invalid(path, value, f"must be between 0 and {_MAX_ID}, inclusive")]


def count_or_percent(path: str, value: int | str | None) -> Errors:
    """`3` or `25%`."""
    if isinstance(value, str) and not _PERCENT.fullmatch(value):
        return [fields.invalid(path, value, names.regex(_PERCENT_RULE, "[0-9]+%", "1%", "93%"))]
    return non_negative(path, value) if isinstance(value, int) else []


def at_most_hundred_percent(path: str, value: int | str | None) -> Errors:
    """A percentage of a whole."""
    if isinstance(value, str) and _PERCENT.fullmatch(value) and int(value[:-1]) > 100:
        return [fields.invalid(path, value, "must not be greater than 100%")]
    return []


def amount(value: int | str | None) -> int:
    """The number before the percent sign, or the number."""
    if isinstance(value, str):
        return int(value[:-1]) if _PERCENT.fullmatch(value) else 0
    return value or 0


def no_backsteps(path: str, value: str) -> Errors:
    """A path that does not go up."""
    return [fields.invalid(path, value, "must not contain '..'")] if ".." in value.split("/") else []


def inner_path(path: str, value: str) -> Errors:
    """A path below another."""
    if value.startswith("/"):
        return [fields.invalid(path, value, "must be a relative path")]
    return no_backsteps(path, value)


def immutable(path: str, new: Any, old: Any) -> Errors:
    """A field that an update may not change; empty and absent are the same."""
    return [] if (new or None) == (old or None) else [fields.invalid(path, new, "field is immutable")]


def label_selector(path: str, selector: Object | None) -> Errors:
    """Labels and expressions of a selector."""
    if not selector:
        return []
    found = metadata.validate_labels(selector.get("matchLabels") or {}, f"{path}.matchLabels")
    for index, one in enumerate(selector.get("matchExpressions") or ()):
        found += _requirement(f"{path}.matchExpressions[{index}]", one)
    return found


def _requirement(path: str, one: Object) -> Errors:
    found: Errors = []
    operator, values = one.get("operator") or "", one.get("values") or []
    if operator in ("In", "NotIn"):
        if not values:
            found.append(fields.required(f"{path}.values", "must be specified when `operator` is 'In' or 'NotIn'"))
    elif operator in ("Exists", "DoesNotExist"):
        if values:
            detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
            found.append(fields.forbidden(f"{path}.values", detail))
    else:
        found.append(fields.invalid(f"{path}.operator", operator, "not a valid selector operator"))
    found += named(f"{path}.key", one.get("key"), names.label_key)
    for index, value in enumerate(values):
        found += named(f"{path}.values[{index}]", value, names.label_value)
    return found


def selects(selector: Object, labels: Object) -> bool:
    """Whether a valid, non-empty label selector selects these labels."""
    if any(labels.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    return all(_meets(one, labels) for one in selector.get("matchExpressions") or ())


def _meets(one: Object, labels: Object) -> bool:
    key, values = one.get("key", ""), one.get("values") or []
    tests: dict[str, Callable[[], bool]] = {
        "In": lambda: labels.get(key) in values,
        "NotIn": lambda: labels.get(key) not in values,
        "Exists": lambda: key in labels,
        "DoesNotExist": lambda: key not in labels,
    }
    return tests[one["operator"]]()


def items(holder: Object | None, field: str, path: str) -> Iterable[tuple[str, Any]]:
    """The items of a list, each with its path."""
    return ((f"{path}.{field}[{index}]", item) for index, item in enumerate((holder or {}).get(field) or ()))
