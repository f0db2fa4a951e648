"""From paths to resources: the confined file system, and the reading of manifests."""
