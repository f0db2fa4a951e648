"""Event-loop primitives any project could use: clocks, owned tasks, worker processes.

Nothing here knows Kubernetes. Time is injected: code that waits takes a `Clock`, so tests run on virtual time.
"""
