"""The controllers, one process each. They never import each other: they meet through the Kubernetes API and HTTP."""
