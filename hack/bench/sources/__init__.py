"""Measuring sources: many at once, a large one, and how soon a commit is an artifact.

`rows` names the rows and their order; there is a module for each kind of row. A row is measured by a function that is
given a `bench.Bench`, prints on stderr what it is at, and returns figures.
"""
