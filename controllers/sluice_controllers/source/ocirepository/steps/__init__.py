"""The steps of a pass, in the order of their use: access, notice, verify, store."""
