"""kustomize-controller: builds artifacts into objects, applies them, and keeps them so.

`kustomization` is the reconciler, a tuple of the steps in `steps/`; `values` is what flows from step to step;
`sources`, `artifacts` and `builds` are where a step gets its input from; `keeping` puts back what others change;
`__main__` connects it all. Nothing here writes a Kustomization's Ready: the runtime's finaliser does.
"""
