"""How one string is written: plain, quoted or as a block, and where it is folded.

The rules are those of go-yaml's emitter at 80 columns. Most strings in manifests are short words, so they are
recognised by one expression and answered from a table; the character-by-character rules are for the rest.
"""

import re
from functools import lru_cache

from sluice.yamlio.scalars import WORDS, Dialect, is_timestamp, resolve

_WIDTH = 80
_LONGEST_SIMPLE_KEY = 128
_WORDS = WORDS[Dialect.KUBERNETES]
_SAFE = r"A-Za-z0-9_./@%+=,()$;^~\\*&!|>'\"`{}\[\]?-"
_CERTAINLY_PLAIN = re.compile(rf"[A-Za-z/_$(\\][{_SAFE}]*(?:[ :][{_SAFE}]+)*")
_BASE60 = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?", re.ASCII)
_STARTS_AN_INDICATOR = frozenset("#,[]{}&*!|>'\"%@`")
_BREAKS = "\n\r\x85\u2028\u2029"
_PRINTED_BREAK = re.compile(r"[\n\x85\u2028\u2029](?=[^\n\x85\u2028\u2029])")
# Listed by what they match: their complements take fifty times as long to compile, at every start.
_UNPRINTABLE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe-\U0010ffff]")
_ESCAPED = re.compile('[\x00-\x1f"\\\\\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe-\U0010ffff]')
_ANYTHING = re.compile(r".", re.DOTALL)
_BYTE_ORDER_MARK = "\ufeff"
_SHORT_ESCAPES = {
    "\0": "0",
    "\a": "a",
    "\b": "b",
    "\t": "t",
    "\n": "n",
    "\v": "v",
    "\f": "f",
    "\r": "r",
    "\x1b": "e",
    '"': '"',
    "\\": "\\",
    "\x85": "N",
    "\xa0": "_",
    "\u2028": "L",
    "\u2029": "P",
}

PLAIN, SINGLE, DOUBLE, LITERAL = range(4)


def key(text: str) -> str | None:
    """Return the text as a key that stands on one line, or None when it cannot."""
    if len(text.encode("utf-8", "surrogatepass")) > _LONGEST_SIMPLE_KEY or any(mark in text for mark in _BREAKS):
        return None
    if text == "<<":
        # Go leaves it bare, and then cannot read what it wrote: a bare one merges mappings.
        return '"<<"'
    style = _style(text)
    if style == PLAIN:
        return text
    return _single(text) if style == SINGLE else _double(text)


def value(text: str, column: int, indent: int) -> str:
    """Return the text as a value, to the end of its last line.

    That is a space and the scalar, which starts after `column` and goes on at `indent`, and a line break.
    """
    style = _style(text)
    if style == LITERAL:
        return f" {_literal(text, indent)}"
    if style == SINGLE and any(mark in text for mark in _BREAKS):
        return f" {_folded(text, style, column + 1, indent)}\n"
    shown = text if style == PLAIN else _single(text) if style == SINGLE else _double(text)
    if column + len(shown) < _WIDTH or " " not in shown:
        return f" {shown}\n"
    return f" {_folded(text, style, column + 1, indent)}\n"


def quoted(text: str) -> str:
    """Return the text in quotes, on one line."""
    return _double(text)


def unfolded(text: str, indent: int, step: int) -> str:
    """Return the text as a value to the end of its last line, as an emitter with that indent and no width writes it."""
    style = LITERAL if "\n" in text and _block_allowed(text.replace("\t", ".")) else _style(text)
    if style == LITERAL:
        header, rest = _literal(text, indent).split("\n", 1)
        return f"{header.replace('2', str(step))}\n{rest}"
    return f"{text if style == PLAIN else _single(text) if style == SINGLE else _double(text)}\n"


@lru_cache(maxsize=16384)
def _style(text: str) -> int:
    """Choose among the styles the way go-yaml does: what would be read as something else is quoted."""
    if _CERTAINLY_PLAIN.fullmatch(text):
        return DOUBLE if text in _WORDS else PLAIN
    if "\n" in text:
        return LITERAL if _block_allowed(text) else DOUBLE
    if not isinstance(resolve(text, Dialect.KUBERNETES), str) or is_timestamp(text) or _BASE60.fullmatch(text):
        return DOUBLE
    if _plain_allowed(text):
        return PLAIN
    return SINGLE if _single_allowed(text) else DOUBLE


def _plain_allowed(text: str) -> bool:
    if text[0] in " " or text[-1] == " " or _UNPRINTABLE.search(text) or any(mark in text for mark in _BREAKS):
        return False
    if text.startswith(("---", "...")) or text[0] in _STARTS_AN_INDICATOR:
        return False
    if text[0] in "-?:" and text[1:2] in ("", " ", "\t"):
        return False
    return not (": " in text or " #" in text or text.endswith(":"))


def _single_allowed(text: str) -> bool:
    if _UNPRINTABLE.search(text):
        return False
    return not any(space in text for mark in _BREAKS for space in (mark + " ", " " + mark))


def _block_allowed(text: str) -> bool:
    return not (text[-1] == " " or _UNPRINTABLE.search(text) or any(" " + mark in text for mark in _BREAKS))


def _single(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _double(text: str) -> str:
    # A byte order mark makes go-yaml escape all that follows it in the string, letters and all.
    escaped = _ANYTHING if text.startswith(_BYTE_ORDER_MARK) else _ESCAPED
    return '"' + escaped.sub(_escape, text) + '"'


def _escape(match: re.Match[str]) -> str:
    char = match[0]
    if char in _SHORT_ESCAPES:
        return "\\" + _SHORT_ESCAPES[char]
    code = ord(char)
    if code <= 0xFF:
        return f"\\x{code:02X}"
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"


def _literal(text: str, indent: int) -> str:
    """Return the text as a `|` block whose header says what its first and last lines cannot."""
    header = "|2" if text[0] in " " + _BREAKS else "|"
    if text[-1] not in _BREAKS:
        header += "-"
    elif len(text) == 1 or text[-2] in _BREAKS:
        header += "+"
    body = _PRINTED_BREAK.sub(lambda match: match[0] + " " * indent, text.removesuffix("\n"))
    # Where the last break is an odd one, go-yaml takes it for the end of the line.
    end = "" if text[-1] in _BREAKS and text[-1] != "\n" else "\n"
    return f"{header}\n{body}{end}" if text[0] in _BREAKS else f"{header}\n{' ' * indent}{body}{end}"


def _folded(text: str, style: int, column: int, indent: int) -> str:
    """Break at single spaces once the line is beyond the width, as the emitter does while it writes."""
    out: list[str] = []
    if style != PLAIN:
        out.append("'" if style == SINGLE else '"')
        column += 1
    after_space = after_break = False
    last = len(text) - 1
    for at, char in enumerate(text):
        if style == SINGLE and char in _BREAKS:
            out.append(char)
            after_break = True
            continue
        if after_break:
            out.append(" " * indent)
            column, after_break = indent, False
        if char != " ":
            shown = _shown(char, style)
            out.append(shown)
            column += len(shown)
            after_space = False
            continue
        next_is_space = text[at + 1 : at + 2] == " "
        inside = style == PLAIN or 0 < at < last
        if column > _WIDTH and not after_space and inside and (style == DOUBLE or not next_is_space):
            out.append("\n" + " " * indent + ("\\" if next_is_space else ""))
            column = indent + next_is_space
        else:
            out.append(" ")
            column += 1
        after_space = True
    if style != PLAIN:
        out.append("'" if style == SINGLE else '"')
    return "".join(out)


def _shown(char: str, style: int) -> str:
    if style == DOUBLE:
        return _ESCAPED.sub(_escape, char)
    return "''" if style == SINGLE and char == "'" else char
