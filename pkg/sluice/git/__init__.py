"""Git: incremental shared mirrors, references to commits, trees to directories.

The only door to pygit2 (beside the test kit). Blocking calls run in threads or worker processes, never on the event loop.
"""
