"""Patches: strategic merge and JSON 6902, and the choice of what they apply to."""
