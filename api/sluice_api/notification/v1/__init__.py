"""Version v1 of the notification group."""

from sluice_api.notification.v1.receiver import (
    OIDCProvider,
    OIDCValidation,
    OIDCVariable,
    Receiver,
    ReceiverResource,
    ReceiverSpec,
    ReceiverStatus,
)

__all__ = [
    "OIDCProvider",
    "OIDCValidation",
    "OIDCVariable",
    "Receiver",
    "ReceiverResource",
    "ReceiverSpec",
    "ReceiverStatus",
]
