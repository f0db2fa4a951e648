"""What the larger benchmarks have in common: meters of processes, sights of objects, figures and their table."""
