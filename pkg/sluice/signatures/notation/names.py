"""Distinguished names, as trust policies write them (RFC 4514), and as certificates have them."""

import re
from typing import Final

from cryptography import x509
from cryptography.x509.oid import NameOID

from sluice.signatures.errors import SignatureError

Name = dict[str, str]

_MANDATORY: Final = ("C", "ST", "O")
_LABELS: Final = {
    NameOID.COUNTRY_NAME: "C",
    NameOID.ORGANIZATION_NAME: "O",
    NameOID.ORGANIZATIONAL_UNIT_NAME: "OU",
    NameOID.COMMON_NAME: "CN",
    NameOID.SERIAL_NUMBER: "SERIALNUMBER",
    NameOID.LOCALITY_NAME: "L",
    NameOID.STATE_OR_PROVINCE_NAME: "ST",
    NameOID.STREET_ADDRESS: "STREET",
    NameOID.POSTAL_CODE: "POSTALCODE",
}
"""What a certificate's attributes are called; others count for nothing."""
_OIDS: Final = {**{label: oid for oid, label in _LABELS.items()}, "S": NameOID.STATE_OR_PROVINCE_NAME}
_SPACES: Final = re.compile(r"(?<!\\) *, *")
"""Around commas people write spaces, which RFC 4514 does not know."""


def parse(text: str) -> Name:
    """A name of a trust policy; SignatureError unless it has each attribute once, and C, ST (or S) and O among them."""
    if "=#" in text:
        raise SignatureError('a distinguished name containing "=#" is not supported')
    try:
        name = x509.Name.from_rfc4514_string(_SPACES.sub(",", text.strip()), _OIDS)
    except ValueError:
        raise SignatureError(f'"{text}" is no distinguished name of RFC 4514') from None
    return _attributes(name)


def subject(certificate: x509.Certificate) -> Name:
    """The subject of a certificate, by the same rules."""
    return _attributes(certificate.subject)


def _attributes(name: x509.Name) -> Name:
    found: Name = {}
    for part in name.rdns:
        if len(part) > 1:
            raise SignatureError("a distinguished name with multi-valued attributes is not supported")
        for attribute in part:
            label = _LABELS.get(attribute.oid)
            if label is None:
                continue
            if label in found:
                raise SignatureError(f'the distinguished name has more than one attribute "{label}"')
            found[label] = str(attribute.value)
    for label in _MANDATORY:
        if not found.get(label):
            raise SignatureError(
                f'the distinguished name has no mandatory attribute "{label}", '
                "it must contain 'C', 'ST' or 'S', and 'O' at a minimum"
            )
    return found
