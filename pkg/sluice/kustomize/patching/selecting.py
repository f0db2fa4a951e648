"""Which resources a selector selects: anchored regular expressions, and label selectors."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from sluice import regexes
from sluice.kustomize.definition.kustomizations import Selector
from sluice.kustomize.errors import InvalidPatch
from sluice.kustomize.model.resources import Resource, ResourceMap

_KEY = r"[A-Za-z0-9_./-]+"
_REQUIREMENT = re.compile(
    rf"""\s*(?:
        (?P<set>{_KEY})\s+(?P<operator>in|notin)\s*\((?P<values>[^()]*)\)
      | (?P<key>{_KEY})\s*(?P<sign>==|=|!=|>|<)\s*(?P<value>[^,\s()=!<>]*)
      | (?P<absent>!)\s*(?P<missing>{_KEY})
      | (?P<present>{_KEY})
    )\s*(?:,|$)""",
    re.VERBOSE,
)

_NAME = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*")
_LONGEST_SUBDOMAIN = 253
_INTEGER = re.compile(r"[+-]?[0-9]+", re.ASCII)

Requirement = Callable[[Mapping[str, str]], bool]


def select(resources: ResourceMap, selector: Selector) -> list[Resource]:
    """Return the resources that match every part of the selector, names and namespaces by the first or present one."""
    matches = {part: _matcher(selector, part) for part in ("group", "version", "kind", "name", "namespace")}
    labels = _parsed(selector.label_selector, "labelSelector")
    annotations = _parsed(selector.annotation_selector, "annotationSelector")
    selected = []
    for resource in resources:
        now, first = resource.id, resource.original_id
        if (
            matches["kind"](now.gvk.kind)
            and matches["group"](now.gvk.group)
            and matches["version"](now.gvk.version)
            and (matches["name"](first.name) or matches["name"](now.name))
            and (matches["namespace"](first.effective_namespace) or matches["namespace"](now.effective_namespace))
            and (not labels or _all(labels, resource.strings("labels")))
            and (not annotations or _all(annotations, resource.strings("annotations")))
        ):
            selected.append(resource)
    return selected


def _matcher(selector: Selector, part: str) -> Callable[[str], bool]:
    try:
        return whole(getattr(selector, part))
    except InvalidPatch as error:
        raise error.located(field=f"target.{part}") from error


def _parsed(selector: str, field: str) -> tuple[Requirement, ...]:
    try:
        return parse(selector)
    except InvalidPatch as error:
        raise error.located(field=f"target.{field}") from error


def parse(selector: str) -> tuple[Requirement, ...]:
    """Return the requirements of a label selector in Kubernetes' syntax; all must hold."""
    requirements: list[Requirement] = []
    at = 0
    while at < len(selector.rstrip()):
        match = _REQUIREMENT.match(selector, at)
        if match is None:
            raise InvalidPatch(
                f'"{selector[at:].strip()}" is no requirement',
                advice='Requirements are "a=b", "a!=b", "a in (b, c)", "a notin (b, c)", "a" and "!a".',
            ).saying(f"unable to parse requirement: {selector[at:].strip()!r}")
        requirements.append(_requirement(match))
        at = match.end()
    if selector.rstrip().endswith(","):
        raise InvalidPatch("a requirement is missing behind the last comma").saying(
            "found '', expected: identifier after ','"
        )
    return tuple(requirements)


def _requirement(match: re.Match[str]) -> Requirement:
    _check_key(match["set"] or match["missing"] or match["present"] or match["key"])
    if match["set"]:
        key, values = match["set"], frozenset(part.strip() for part in match["values"].split(","))
        for value in values:
            _check_value(value, key)
        if match["operator"] == "in":
            return lambda labels: key in labels and labels[key] in values
        return lambda labels: key not in labels or labels[key] not in values
    if match["absent"]:
        missing = match["missing"]
        return lambda labels: missing not in labels
    if match["present"]:
        present = match["present"]
        return lambda labels: present in labels
    return _comparison(match["key"], match["sign"], match["value"])


def _comparison(key: str, sign: str, value: str) -> Requirement:
    if sign in "<>" and not _INTEGER.fullmatch(value):
        raise _invalid(
            f'"{key}" can be compared with an integer alone', "for 'Gt', 'Lt' operators, the value must be an integer"
        )
    _check_value(value, key)
    if sign == "!=":
        return lambda labels: key not in labels or labels[key] != value
    if sign in "<>":
        return lambda labels: _is_beyond(labels.get(key, ""), value, sign)
    return lambda labels: key in labels and labels[key] == value


def _is_beyond(text: str, bound: str, sign: str) -> bool:
    if not text.lstrip("-").isdigit() or not bound.lstrip("-").isdigit():
        return False
    return int(text) > int(bound) if sign == ">" else int(text) < int(bound)


def _check_key(key: str) -> None:
    prefix, slash, name = key.rpartition("/")
    good_prefix = _SUBDOMAIN.fullmatch(prefix) and len(prefix) <= _LONGEST_SUBDOMAIN
    if (slash and not good_prefix) or not _NAME.fullmatch(name):
        raise _invalid(f'"{key}" cannot be the name of a label', f'invalid label key "{key}"')


def _check_value(value: str, key: str) -> None:
    if value and not _NAME.fullmatch(value):
        raise _invalid(f'"{value}" cannot be the value of a label', f'invalid label value: "{value}": at key: "{key}"')


def _invalid(reason: str, said: str) -> InvalidPatch:
    return InvalidPatch(reason).saying(f"unable to parse requirement: {said}")


def _all(requirements: tuple[Requirement, ...], labels: Mapping[str, str]) -> bool:
    return all(holds(labels) for holds in requirements)


@lru_cache(maxsize=512)
def whole(pattern: str) -> Callable[[str], bool]:
    """Return whether the whole text matches; an empty pattern matches everything."""
    if not pattern:
        return lambda _text: True
    try:
        return regexes.searching(pattern, before="^(?:", after=")$")
    except regexes.InvalidPattern as error:
        advice = 'To match anything, write ".*" or nothing.' if pattern.startswith("*") else ""
        raise InvalidPatch(f'"{pattern}" is no regular expression: {error}', advice=advice).saying(
            f"error parsing regexp: {error}: `^(?:{pattern})$`"
        ) from error
