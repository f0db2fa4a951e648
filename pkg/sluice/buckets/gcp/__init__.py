"""Google's Cloud Storage."""

from sluice.buckets.gcp.accounts import Account
from sluice.buckets.gcp.clients import ENDPOINT, Bucket, Lend

__all__ = ["ENDPOINT", "Account", "Bucket", "Lend"]
