"""kustomize-controller: builds artifacts into objects, applies them, and keeps them so."""
