"""S3 and what speaks like it."""

from sluice.buckets.s3.clients import Bucket, Lend
from sluice.buckets.s3.endpoints import Endpoint
from sluice.buckets.s3.ldap import LDAP

__all__ = ["LDAP", "Bucket", "Endpoint", "Lend"]
