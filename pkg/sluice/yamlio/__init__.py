"""YAML read and written exactly as Kubernetes' Go stack does.

The only door to PyYAML.
"""
