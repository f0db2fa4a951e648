"""What becomes of a folded text (`>`) that kustomize reads: it writes it once more, and not quite the same."""

import re

_UNFIT_FOR_A_BLOCK = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe-\U0010ffff]| [\n\x85\u2028\u2029]"
)
_LINES = re.compile("([^\n]+)(\n+)")


def refolded(text: str) -> str:
    """Return the text after kustomize has written and read it again.

    Its writer (go-yaml v3) looks at the first line where it should look at the next one. When the text begins with a
    letter, a line break that is kept as such, before an indented line or at the very end, is written twice; when it
    begins with a blank, the break between two lines is written once, and so read as a space.
    """
    if "\n" not in text or text[-1] == " " or _UNFIT_FOR_A_BLOCK.search(text):
        return text
    start = text.lstrip("\n")
    if not start:
        return text
    kept_at_the_end = text.endswith("\n\n")
    twice = start[0] not in " \t"

    def broken(match: re.Match[str]) -> str:
        line, breaks = match.groups()
        if line[0] in " \t":
            return match[0]
        written = len(breaks) + twice
        following = text[match.end() : match.end() + 1]
        if following == "":
            return line + "\n" * (written if kept_at_the_end else 1)
        if following in " \t":
            return line + "\n" * written
        return line + ("\n" * (written - 1) or " ")

    return _LINES.sub(broken, text)
