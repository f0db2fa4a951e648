"""OCIRepository: artifacts of container registries."""
