"""Safe, deterministic tar archives: the same tree gives the same bytes, and no entry leaves its root."""
