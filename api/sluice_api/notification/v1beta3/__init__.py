"""Version v1beta3 of the notification group."""

from sluice_api.notification.v1beta3.alert import Alert, AlertSpec
from sluice_api.notification.v1beta3.provider import Provider, ProviderSpec

__all__ = ["Alert", "AlertSpec", "Provider", "ProviderSpec"]
