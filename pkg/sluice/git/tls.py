"""TLS settings of one login: the system's authorities, the Secret's besides, and its client certificate."""

import os
import ssl

from sluice.git.credentials import Credentials
from sluice.git.errors import CredentialsError


def context(credentials: Credentials) -> ssl.SSLContext:
    """A verifying client context; raises CredentialsError for certificates that cannot be used."""
    made = ssl.create_default_context()
    if credentials.ca:
        try:
            made.load_verify_locations(cadata=credentials.ca.decode("ascii"))
        except (ssl.SSLError, ValueError):
            raise CredentialsError("failed to append certificate to pool: invalid CA certificate") from None
    if credentials.client_certificate:
        _load_pair(made, credentials)
    return made


def _load_pair(made: ssl.SSLContext, credentials: Credentials) -> None:
    # The ssl module reads key pairs only from a path; an anonymous memory file keeps the key off every disk.
    descriptor = os.memfd_create("client-pair", os.MFD_CLOEXEC)
    try:
        os.write(descriptor, credentials.client_certificate + b"\n" + credentials.client_key)
        made.load_cert_chain(f"/proc/self/fd/{descriptor}")
    except (ssl.SSLError, ValueError):
        raise CredentialsError("failed to parse the TLS client certificate and key") from None
    finally:
        os.close(descriptor)
