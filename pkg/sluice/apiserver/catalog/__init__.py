"""The kinds that are served right now, built-in and custom, and what the server tells about them.

`registry` holds them; `crds` makes them from CustomResourceDefinitions; `conversion` goes between their versions;
`discovery` and `openapi` publish them. What a kind *is* stands in `kinds`; keeping the registry equal to the stored
CRDs is `writes.defining`'s, and rows for `kubectl get` are `tables`'. No object is read or written here.
"""
