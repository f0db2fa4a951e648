"""Where a repository's submodules come from: `.gitmodules`, and addresses relative to the repository's own."""

import re

from sluice.git.errors import UnsupportedError

FILE_NAME = ".gitmodules"

_SECTION = re.compile(r'\s*\[submodule\s+"(?P<name>(?:[^"\\]|\\.)*)"\]\s*')
_ENTRY = re.compile(r"\s*(?P<key>[A-Za-z][A-Za-z0-9-]*)\s*=\s*(?P<value>.*?)\s*")
_COMMENT = re.compile(r"\s+[#;].*$")


def addresses(text: str) -> dict[str, str]:
    """The address of each submodule by its path; entries without either are left out, as Git leaves them."""
    sections: list[dict[str, str]] = []
    for line in text.splitlines():
        if _SECTION.fullmatch(line):
            sections.append({})
        elif line.lstrip().startswith("["):
            # A section of something else: its entries are nobody's.
            sections.append({"path": ""})
        elif sections and (entry := _ENTRY.fullmatch(_COMMENT.sub("", line))):
            sections[-1].setdefault(entry["key"].lower(), entry["value"].strip('"'))
    return {section["path"]: section["url"] for section in sections if section.get("path") and section.get("url")}


def resolved(address: str, parent: str) -> str:
    """``address`` as seen from the repository at ``parent``: ``./`` and ``../`` begin at that one's own address."""
    if not address.startswith(("./", "../")):
        return address
    base = parent.rstrip("/")
    while True:
        if address.startswith("./"):
            address = address[2:]
        elif address.startswith("../"):
            address, base = address[3:], _above(base)
        else:
            return f"{base}/{address}"


def _above(base: str) -> str:
    scheme, mark, rest = base.rpartition("://")
    head, slash, _ = rest.rpartition("/")
    if slash:
        return f"{scheme}{mark}{head}"
    head, colon, _ = rest.rpartition(":")
    if colon and not mark:
        return f"{head}:"
    raise UnsupportedError("the address of a submodule leads above its server")
