"""The simplest access there is: whoever shows a client certificate is who it says, and only administrators may."""

from collections.abc import Mapping

from sluice.apiserver import access


class AdminOnly:
    """Client certificates name users and groups; nobody outside `system:masters` may do anything."""

    def authenticate(self, headers: Mapping[str, str], certificate: Mapping[str, object] | None) -> access.User:
        """The certificate's common name and organizations, or nobody."""
        if headers.get("Authorization"):
            raise access.AuthenticationError("no tokens are known")
        if not certificate:
            return access.ANONYMOUS
        subject = certificate.get("subject", ())
        assert isinstance(subject, tuple)
        parts = [pair for part in subject for pair in part]
        names = [value for key, value in parts if key == "commonName"]
        groups = [value for key, value in parts if key == "organizationName"]
        return access.User(name=names[0], groups=(*groups, "system:authenticated"))

    def authorize(self, user: access.User, attributes: access.Attributes) -> access.Decision:
        """No."""
        return access.Decision(allowed=False)
