"""The kustomization file: its values, its fields and their types."""
