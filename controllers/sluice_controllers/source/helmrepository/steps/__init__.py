"""The work on a HelmRepository, one step per file, after the look at the storage: access, index."""
