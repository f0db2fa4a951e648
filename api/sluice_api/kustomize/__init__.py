"""The API group `kustomize.toolkit.fluxcd.io`: what is built and applied."""

GROUP = "kustomize.toolkit.fluxcd.io"
