"""One module per kind or family: what is filled in, and what is checked.

Functions named `default_…` fill a fresh object in place; functions named `validate_…` return errors, in the real
server's order. `TABLE`s say which kind goes by which.
"""
