"""The work on a GitRepository, one step per file, in this order: check, access, include, notice, verify, store."""
