"""Fail when a document names a path of this repository that does not exist.

A path is any `code span` in a Markdown file that starts with a top-level folder of the repository, and any relative
link. `path::name` names a test, which must be in that file.

Usage: python hack/check_docs.py
"""

import pathlib
import re
import sys
from collections.abc import Iterator

ROOT = pathlib.Path(__file__).parent.parent
FOLDERS = ("api", "pkg", "controllers", "cli", "manifests", "tests", "hack", "docs", ".ci")
SPAN = re.compile(r"`([^`\s]+)`")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def named_paths(document: pathlib.Path) -> Iterator[tuple[int, str, pathlib.Path]]:
    """Each path that a document names: line, as it is written, and where it must be."""
    for number, line in enumerate(document.read_text().splitlines(), 1):
        for span in SPAN.findall(line):
            if span.split("/")[0] in FOLDERS and "/" in span and not set(span) & set("<>{}$"):
                yield number, span, ROOT / span
        for link in LINK.findall(line):
            if "://" not in link:
                yield number, link, document.parent / link


def exists(path: pathlib.Path) -> bool:
    """Whether the path, something that its pattern matches, or the test that it names is there."""
    file, _, test = str(path).partition("::")
    if test:
        text = pathlib.Path(file).read_text() if pathlib.Path(file).is_file() else ""
        return re.search(rf"^(async )?def {re.escape(test)}\(", text, re.MULTILINE) is not None
    if "*" in str(path):
        return any(ROOT.glob(str(path.relative_to(ROOT))))
    return path.exists()


def main() -> int:
    """Check every document that is tracked; 1 when a path is gone."""
    documents = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    gone = [
        f"{document.relative_to(ROOT)}:{number}: {span} does not exist"
        for document in documents
        for number, span, path in named_paths(document)
        if not exists(path)
    ]
    print("\n".join(gone), file=sys.stderr, end="\n" if gone else "")
    return 1 if gone else 0


if __name__ == "__main__":
    sys.exit(main())
