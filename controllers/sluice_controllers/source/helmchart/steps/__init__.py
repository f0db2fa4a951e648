"""What is done for a HelmChart, in this order: `check`, what the storage has, `locate`, `build`."""
