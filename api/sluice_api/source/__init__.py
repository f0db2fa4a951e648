"""The API group `source.toolkit.fluxcd.io`: where artifacts come from."""

GROUP = "source.toolkit.fluxcd.io"
