"""The steps of a pass, in the order of their use: check, access, notice, store."""
