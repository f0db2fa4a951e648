"""The API group `notification.toolkit.fluxcd.io`: who is told of what, and who may ask for what."""

GROUP = "notification.toolkit.fluxcd.io"
