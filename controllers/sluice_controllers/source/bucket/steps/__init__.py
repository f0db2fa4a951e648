"""The work on a Bucket, one step per file, in this order: access, notice, store."""
