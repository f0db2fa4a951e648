"""`generators`, `transformers` and `validators`: built-in plugins, given by configurations of their own.

- `registry` says which kinds there are, what their configurations hold, and which function each of them stands for:
  the same functions that the fields of a kustomization end in;
- `configurations` finds the configurations that a kustomization names, refuses what would run code, and makes the
  rest ready;
- `validating` runs a validator and sees to it that nothing changes.

Imported only by kustomizations that name plugins.
"""
