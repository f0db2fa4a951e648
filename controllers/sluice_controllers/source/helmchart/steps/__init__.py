"""What is done for a HelmChart, in this order: what the storage has, `locate`, `build`."""
