"""Measuring many Kustomizations at once: what they are, how they are followed, and one module for each kind of row.

`rows` names the rows, `report` prints them; `__main__` tells how it is called. A row is measured by a function that is
given a `bench.Bench`, prints what it is at, and returns figures: texts by the names of the lines they are for.
"""
