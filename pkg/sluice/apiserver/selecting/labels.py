"""Label selectors: the text of a query parsed as Kubernetes does, in its error texts, and those that objects carry."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sluice.apiserver import errors
from sluice.apiserver.storage.entries import Object
from sluice.apiserver.validation import errors as fields
from sluice.apiserver.validation import names

_TOKEN = re.compile(r"\s*(?:(?P<op>==|!=|=|<|>|!|,|\(|\))|(?P<word>[^\s=!<>,()]+))")
_OPERATORS: Final = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "!"}
_TEXTS: Final = {
    "In": "{key} in ({values})",
    "NotIn": "{key} notin ({values})",
    "Exists": "{key}",
    "DoesNotExist": "!{key}",
}


@dataclass(frozen=True)
class Requirement:
    """One term of a selector: `in` with one value stands for equality."""

    key: str
    operator: str
    values: frozenset[str] = frozenset()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether the labels satisfy the term."""
        match self.operator:
            case "in":
                return labels.get(self.key) in self.values
            case "notin":
                return self.key not in labels or labels[self.key] not in self.values
            case "exists":
                return self.key in labels
            case "!":
                return self.key not in labels
            case _:
                return self._compares(labels)

    def _compares(self, labels: Mapping[str, str]) -> bool:
        try:
            have, want = int(labels[self.key]), int(next(iter(self.values)))
        except (KeyError, ValueError):
            return False
        return have > want if self.operator == ">" else have < want


@dataclass(frozen=True)
class Selector:
    """A parsed label selector; all its terms must match."""

    requirements: tuple[Requirement, ...] = ()

    def matches(self, obj: Object) -> bool:
        """Whether the object's labels satisfy every term."""
        if not self.requirements:
            return True
        labels = obj["metadata"].get("labels") or {}
        return all(requirement.matches(labels) for requirement in self.requirements)


def parse(text: str) -> Selector:
    """From the text of `labelSelector`; bad_request with the real server's sentence."""
    return Selector(tuple(_Parser(text).requirements())) if text.strip() else Selector()


def from_object(selector: Mapping[str, Any]) -> Selector:
    """From `matchLabels` and `matchExpressions`; an empty one matches everything."""
    terms = [Requirement(key, "in", frozenset({value})) for key, value in (selector.get("matchLabels") or {}).items()]
    for one in selector.get("matchExpressions") or ():
        values = frozenset(one.get("values") or ())
        terms.append(Requirement(one["key"], _OPERATORS[one["operator"]], values))
    return Selector(tuple(terms))


def text_of(selector: Mapping[str, Any]) -> str:
    """The selector that an object carries, as the text of a query."""
    terms = [(key, f"{key}={value}") for key, value in (selector.get("matchLabels") or {}).items()]
    for one in selector.get("matchExpressions") or ():
        values = ",".join(sorted(one.get("values") or ()))
        terms.append((one["key"], _TEXTS[one["operator"]].format(key=one["key"], values=values)))
    return ",".join(text for _, text in sorted(terms, key=lambda term: term[0]))


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = self._split(text)
        self._at = 0

    def _split(self, text: str) -> list[str]:
        tokens, position = [], 0
        stripped = text.rstrip()
        while position < len(stripped):
            found = _TOKEN.match(stripped, position)
            if found is None:
                raise self._error(f"unexpected character at {position}")
            tokens.append(found.group("op") or found.group("word"))
            position = found.end()
        return tokens

    def _error(self, why: str) -> errors.StatusError:
        return errors.bad_request(f"unable to parse requirement: {why}")

    def _refuse(self, path: str, text: str, messages: list[str]) -> None:
        if messages:
            raise self._error(str(fields.invalid(path, text, "; ".join(messages))))

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        token = self._peek()
        self._at += 1
        return token

    def requirements(self) -> list[Requirement]:
        found = [self._requirement()]
        while (token := self._next()) == ",":
            if not self._peek():
                raise errors.bad_request("found '', expected: identifier after ','")
            found.append(self._requirement())
        if token:
            raise errors.bad_request(f"found '{token}', expected: ',' or 'end of string'")
        return found

    def _requirement(self) -> Requirement:
        if self._peek() == "!":
            self._next()
            return Requirement(self._key(), "!")
        key = self._key()
        match self._peek():
            case "" | ",":
                return Requirement(key, "exists")
            case "=" | "==" | "!=":
                operator = "notin" if self._next() == "!=" else "in"
                return Requirement(key, operator, frozenset({self._value(key)}))
            case "<" | ">":
                return Requirement(key, self._next(), frozenset({self._integer()}))
            case "in" | "notin":
                return Requirement(key, self._next(), self._set(key))
            case other:
                raise self._error(f"found '{other}', expected: in, notin, =, ==, !=, gt, lt")

    def _key(self) -> str:
        key = self._next()
        if not key or key in ("=", "==", "!=", "<", ">", ",", "(", ")", "!"):
            raise self._error(f"found '{key}', expected: !, identifier, or 'end of string'")
        self._refuse("", key, names.label_key(key))
        return key

    def _value(self, key: str) -> str:
        if self._peek() in ("", ","):
            return ""
        value = self._next()
        self._refuse(f"values[0][{key}]", value, names.label_value(value))
        return value

    def _integer(self) -> str:
        value = self._next()
        try:
            return str(int(value))
        except ValueError as error:
            rule = "for 'Gt', 'Lt' operators, the value must be an integer"
            raise self._error(str(fields.invalid("values[0]", value, rule))) from error

    def _set(self, key: str) -> frozenset[str]:
        opening = self._next()
        if opening != "(":
            raise self._error(f"found '{opening}', expected: '('")
        values, separator = set(), ","
        while separator == ",":
            values.add(self._value(key) if self._peek() != ")" else "")
            separator = self._next()
        if separator != ")":
            raise self._error(f"found '{separator}', expected: ',' or ')'")
        return frozenset(values)
