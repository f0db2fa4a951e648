"""YAML read and written exactly as Kubernetes' Go stack does.

The only door to PyYAML. Two dialects are read: what `sigs.k8s.io/yaml` makes of a document (kubectl,
client-go, Flux), and what kustomize makes of it; they differ in what a bare `yes` or `2001-01-01` is. Text is
written as `sigs.k8s.io/yaml` writes it: keys in Go's order, Go's quoting, lists at the indent of their key,
lines folded at 80 columns.

Reading never builds more than it was given: aliases are counted, depth is bounded, and a document that would
crash the C parser is refused.
"""

from sluice.yamlio.blanks import Blanks
from sluice.yamlio.dumping import dump, dump_all
from sluice.yamlio.errors import YAMLError
from sluice.yamlio.loading import Verbatim, load, load_all
from sluice.yamlio.locating import line_of, plain_values
from sluice.yamlio.scalars import Dialect, text_of
from sluice.yamlio.streaming import pairs

__all__ = [
    "Blanks",
    "Dialect",
    "Verbatim",
    "YAMLError",
    "dump",
    "dump_all",
    "line_of",
    "load",
    "load_all",
    "pairs",
    "plain_values",
    "text_of",
]
