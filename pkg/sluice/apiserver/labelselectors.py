"""Label selectors as objects carry them (`matchLabels`, `matchExpressions`), parsed."""

from collections.abc import Mapping
from typing import Any, Final

from sluice.apiserver import selectors

_OPERATORS: Final = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "!"}


def parsed(selector: Mapping[str, Any]) -> selectors.Labels:
    """The selector; an empty one matches everything."""
    terms = [
        selectors.Requirement(key, "in", frozenset({value}))
        for key, value in (selector.get("matchLabels") or {}).items()
    ]
    for one in selector.get("matchExpressions") or ():
        values = frozenset(one.get("values") or ())
        terms.append(selectors.Requirement(one["key"], _OPERATORS[one["operator"]], values))
    return selectors.Labels(tuple(terms))
