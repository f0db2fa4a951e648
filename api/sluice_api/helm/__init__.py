"""The API group `helm.toolkit.fluxcd.io`: what is released."""

GROUP = "helm.toolkit.fluxcd.io"
