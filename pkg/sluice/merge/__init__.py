"""The four merges of Kubernetes: JSON patch, JSON merge patch, strategic merge, and structured merge (server-side apply).

Pure functions from documents to documents; inputs are never changed.
"""
