"""Bucket: the objects of a bucket in an object store, and the artifact that they make."""
