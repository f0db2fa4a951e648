"""Objects as rows and cells: what `kubectl get` shows.

`columns` finds a kind's columns: hand-written for built-in kinds (one module for each family), read from the CRD for
custom ones, name and age for all others.
"""

from sluice.apiserver.tables.rendering import Stream, bookmark, document

__all__ = ["Stream", "bookmark", "document"]
