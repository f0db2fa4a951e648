"""TLS settings of one source: the system's authorities, its own besides, and its client certificate."""

import os
import ssl
from dataclasses import dataclass

from sluice.web.errors import TLSError


@dataclass(frozen=True, kw_only=True, repr=False)
class TLS:
    """Certificates in PEM. Equal ones share their connections."""

    ca: bytes = b""
    """Authorities trusted besides the system's."""
    certificate: bytes = b""
    key: bytes = b""
    insecure: bool = False
    """Believe every server, whatever it shows."""

    def __repr__(self) -> str:
        return "<TLS>"

    def context(self) -> ssl.SSLContext:
        """A client context, verifying unless insecure; raises TLSError for certificates that cannot be used."""
        made = ssl.create_default_context()
        if self.insecure:
            made.check_hostname = False
            made.verify_mode = ssl.CERT_NONE
        self._load(made)
        return made

    def check(self) -> None:
        """Raise TLSError for certificates that cannot be used. Cheap: the system's authorities are not read."""
        self._load(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))

    def _load(self, made: ssl.SSLContext) -> None:
        if self.ca:
            try:
                made.load_verify_locations(cadata=self.ca.decode("ascii"))
            except (ssl.SSLError, ValueError):
                raise TLSError("failed to append certificate to pool: invalid CA certificate") from None
        if self.certificate:
            self._load_pair(made)

    def _load_pair(self, made: ssl.SSLContext) -> None:
        # The ssl module reads key pairs only from a path; an anonymous memory file keeps the key off every disk.
        descriptor = os.memfd_create("client-pair", os.MFD_CLOEXEC)
        try:
            os.write(descriptor, self.certificate + b"\n" + self.key)
            made.load_cert_chain(f"/proc/self/fd/{descriptor}")
        except (ssl.SSLError, ValueError):
            raise TLSError("failed to parse the TLS client certificate and key") from None
        finally:
            os.close(descriptor)
