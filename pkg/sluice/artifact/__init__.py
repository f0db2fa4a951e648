"""Artifacts: storing them under their digest, serving them over HTTP, fetching them verified."""
