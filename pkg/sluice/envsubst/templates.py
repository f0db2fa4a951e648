r"""Text with `${...}` in it, taken apart.

The grammar is Flux's (its fork of drone/envsubst), with what is particular to it: names are letters, digits and `_`
of any script; `$$` is an escape in plain text only; `\/` and `\\` are escapes inside `/pattern/replacement` only; a
default ends at the first `}`.
"""

from dataclasses import dataclass

from sluice.envsubst.errors import SyntaxFault

_DEEPEST = 64

_BAD = "bad substitution"
_NO_NAME = "unable to parse variable name"
_NO_BRACE = "missing closing brace"
_NO_ARGUMENT = "unable to parse substitution within function"
_NO_OPERATOR = "unable to parse default function"


@dataclass(frozen=True, slots=True)
class Expansion:
    """One `${...}`: a variable, what is done with its value, and with which arguments."""

    variable: str
    operator: str
    arguments: "tuple[Template, ...]"
    line: int


Template = tuple["str | Expansion", ...]
"""Text and expansions, in order."""


def parse(text: str) -> Template:
    """Return the parts of the text. SyntaxFault names the line."""
    return _Parser(text).template()


class _Parser:
    """Reads from left to right; `_at` is the next character."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0

    def template(self) -> Template:
        parts: list[str | Expansion] = []
        text, start = self._text, 0
        while (dollar := text.find("$", self._at)) >= 0:
            following = text[dollar + 1 : dollar + 2]
            self._at = dollar + 1
            if following == "$":
                # The first of two is left out, the second is text.
                parts.append(text[start:dollar])
                start = dollar + 1
                self._at = dollar + 2
            elif following == "{":
                parts.append(text[start:dollar])
                self._at = dollar + 2
                parts.append(self._expansion())
                start = self._at
        parts.append(text[start:])
        return tuple(part for part in parts if part != "")

    def _expansion(self) -> Expansion:
        """Read what follows `${`, the closing brace included."""
        begin = self._at
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._fault(f"{_BAD}: nested deeper than {_DEEPEST}", begin)
        if self._peek() == "#":
            variable, operator, arguments = self._length()
        else:
            variable = self._name(_NO_NAME)
            operator, arguments = self._operation()
        self._depth -= 1
        return Expansion(variable, operator, arguments, self._line(begin))

    def _length(self) -> tuple[str, str, tuple[Template, ...]]:
        self._at += 1
        variable = self._name(_BAD)
        self._close(_BAD)
        return variable, "#", ()

    def _operation(self) -> tuple[str, tuple[Template, ...]]:
        first, second = self._peek(), self._peek(1)
        if first == "=" or (first == ":" and second and second in "=-?+"):
            return self._default(first if first == "=" else first + second)
        if first == ":":
            return self._part()
        if first and first in ",^":
            operator = self._run(",^", 2)
            self._close(_BAD)
            return operator, ()
        if first and first in "#%":
            operator = self._run(first, 2)
            argument = self._argument("}")
            self._close(_BAD)
            return operator, (argument,)
        if first == "/":
            return self._replacement()
        self._close(_NO_BRACE)
        return "", ()

    def _default(self, operator: str) -> tuple[str, tuple[Template, ...]]:
        self._at += len(operator)
        arguments = []
        while self._peek() != "}":
            arguments.append(self._argument("}"))
        self._close(_BAD)
        return operator, tuple(arguments)

    def _part(self) -> tuple[str, tuple[Template, ...]]:
        self._at += 1
        if not self._peek() or not self._peek().isascii():
            raise self._fault(_BAD)
        offset = self._argument(":}")
        if self._peek() == "}":
            self._at += 1
            return ":", (offset,)
        if not self._run(":", len(self._text)):
            raise self._fault(_BAD)
        length = self._argument("}")
        self._close(_BAD)
        return ":", (offset, length)

    def _replacement(self) -> tuple[str, tuple[Template, ...]]:
        self._at += 1
        operator = "/" + self._run("/#%", 1)
        pattern = self._argument("/", escapes=True)
        if not self._run("/", len(self._text)):
            raise self._fault(_BAD)
        if self._peek() == "}":
            self._at += 1
            return operator, (pattern,)
        replacement = self._argument("}", escapes=True)
        self._close(_BAD)
        return operator, (pattern, replacement)

    def _argument(self, end: str, *, escapes: bool = False) -> Template:
        """Read either one nested `${...}`, or text up to one or to a character of `end`; something must be there."""
        if self._text.startswith("${", self._at):
            self._at += 2
            return (self._expansion(),)
        text, begin, out = self._text, self._at, ""
        while self._at < len(text) and not text.startswith("${", self._at):
            if escapes and text[self._at : self._at + 2] in ("$$", "\\/", "\\\\"):
                out += text[self._at + 1]
                self._at += 2
            elif text[self._at] in end:
                break
            else:
                out += text[self._at]
                self._at += 1
        if self._at == begin:
            raise self._fault(_NO_ARGUMENT)
        return (out,)

    def _name(self, fault: str) -> str:
        begin = self._at
        while (char := self._peek()) and (char.isalpha() or char.isdecimal() or char == "_"):
            self._at += 1
        if self._at == begin:
            raise self._fault(fault)
        return self._text[begin : self._at]

    def _run(self, chars: str, most: int) -> str:
        begin = self._at
        while self._at - begin < most and (char := self._peek()) and char in chars:
            self._at += 1
        return self._text[begin : self._at]

    def _close(self, fault: str) -> None:
        if self._peek() != "}":
            raise self._fault(fault)
        self._at += 1

    def _peek(self, ahead: int = 0) -> str:
        return self._text[self._at + ahead : self._at + ahead + 1]

    def _line(self, at: int) -> int:
        return self._text.count("\n", 0, at) + 1

    def _fault(self, reason: str, at: int | None = None) -> SyntaxFault:
        return SyntaxFault(reason, line=self._line(self._at if at is None else at))
