"""Replacements inside texts: a path may go on in a JSON or YAML document that a field holds as its text."""

from typing import Any

from sluice import gotext
from sluice.kustomize.transforming import fieldpaths, nodes
from sluice.kustomize.transforming.fieldpaths import Astray, Cell, Path
from sluice.kustomize.transforming.nodes import Shape
from sluice.yamlio import YAMLError, styled


def replace(root: Cell, path: Path, value: Any, make: Shape | None) -> int:
    """Write the value to the place in a text that the path leads to; return the length of the text, 0 without one.

    As with kustomize the delimiter of a target plays no part here, and a path on which list items are selected by
    more than an equal value never gets here.
    """
    for at in range(1, len(path)):
        try:
            text = fieldpaths.lookup(root, path[:at])
            if text is None or nodes.shape(text.value) is not Shape.SCALAR:
                continue
            changed = _changed(nodes.text(text.value), path[at:], value, make)
        except (Astray, YAMLError):
            return 0
        text.put(nodes.retyped(text.value, changed))
        return len(changed)
    return 0


def _changed(text: str, path: Path, value: Any, make: Shape | None) -> str:
    """Return the text of a document with the value in it."""
    document = [styled.read(text)]
    found = fieldpaths.match(Cell(document, 0), path, make)
    if not found:
        raise Astray("unable to find field in structured data")
    for each in found:
        if nodes.shape(each.value) is Shape.SCALAR:
            each.put(nodes.retyped(each.value, nodes.text(value)))
        else:
            each.put(value)
    if text.lstrip()[:1] in ("{", "["):
        is_pretty = "\n" in text and "  " in text
        return gotext.as_json(styled.plain(document[0]), indent=2 if is_pretty else None)
    return styled.write(document[0]).strip()
