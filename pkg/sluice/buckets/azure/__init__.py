"""Azure's blob storage."""

from sluice.buckets.azure.clients import Bucket
from sluice.buckets.azure.endpoints import Endpoint
from sluice.buckets.azure.logins import Bearer, Lend, Login, Nobody, SharedKey
from sluice.buckets.azure.principals import SCOPE, Certificate, Principal

__all__ = [
    "SCOPE",
    "Bearer",
    "Bucket",
    "Certificate",
    "Endpoint",
    "Lend",
    "Login",
    "Nobody",
    "Principal",
    "SharedKey",
]
