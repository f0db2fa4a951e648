"""Templates and variables into text."""

import re
from collections.abc import Iterable, Mapping

from sluice.envsubst import operators, templates
from sluice.envsubst.errors import InvalidName, SubstitutionError, UnsetVariable
from sluice.envsubst.templates import Expansion, Template

LARGEST = 64 << 20
"""How many characters a substitution may give, unless the caller allows another number."""

_NAME = re.compile(r"[_A-Za-z][_A-Za-z0-9]*")


def check_names(names: Iterable[str]) -> None:
    """Raise InvalidName for a name that Flux does not take for a variable."""
    for name in names:
        if not _NAME.fullmatch(name):
            raise InvalidName(f"'{name}' var name is invalid, must match '^[_[:alpha:]][_[:alpha:][:digit:]]*$'")


def substitute(text: str, variables: Mapping[str, str], *, strict: bool = True, largest: int = LARGEST) -> str:
    """Return the text with every `${...}` replaced.

    In strict mode a variable that is not given, and whose expansion says no default, raises UnsetVariable; otherwise
    it stands for nothing. SyntaxFault for what is no substitution, SubstitutionError for a result over `largest`.
    """
    if "$" not in text:
        return text
    template = templates.parse(text)
    return _Evaluation(variables, strict=strict, largest=largest).text(template)


class _Evaluation:
    def __init__(self, variables: Mapping[str, str], *, strict: bool, largest: int) -> None:
        self._variables = variables
        self._strict = strict
        self._left = largest
        self._largest = largest

    def text(self, template: Template) -> str:
        return "".join(part if isinstance(part, str) else self._value(part) for part in template)

    def _value(self, expansion: Expansion) -> str:
        arguments = [self.text(argument) for argument in expansion.arguments]
        value = self._variables.get(expansion.variable)
        if value is None:
            if self._strict and expansion.operator not in operators.DEFAULTS:
                reason = f'variable not set (strict mode): "{expansion.variable}"'
                raise UnsetVariable(reason, line=expansion.line)
            value = ""
        try:
            result = operators.apply(expansion.operator, value, arguments)
        except SubstitutionError as error:
            raise SubstitutionError(f'{error.reason} of "{expansion.variable}"', line=expansion.line) from None
        self._left -= len(result)
        if self._left < 0:
            reason = f"the values that are put in take more than {self._largest} characters"
            raise SubstitutionError(reason, line=expansion.line)
        return result
