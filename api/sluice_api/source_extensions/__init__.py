"""The API group `source.extensions.fluxcd.io`: artifacts made out of other artifacts."""

GROUP = "source.extensions.fluxcd.io"
