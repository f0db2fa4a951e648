"""The Common Expression Language as Kubernetes speaks it: compile once, evaluate often.

The only door to the CEL library.
"""
