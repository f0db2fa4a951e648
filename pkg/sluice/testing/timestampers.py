"""An authority of timestamps (RFC 3161), made for a test: `openssl ts`, with its own root.

timestamper = Timestamper.new(folder)
timestamper.root                                       # in PEM
timestamper.token(signature)
"""

import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from sluice.testing import notaries

COMMAND = "openssl"
"""What a test needs."""

_CONFIG = """
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
"""


@dataclass(frozen=True, kw_only=True)
class Timestamper:
    """Keys, certificates and the serial number, in a folder of its own."""

    folder: Path
    root: bytes

    @classmethod
    def new(cls, folder: Path, *extensions: x509.ExtensionType) -> Self:
        """In a folder that is not there yet; the extensions are its certificate's."""
        folder.mkdir()
        begin = datetime.now(UTC) - timedelta(days=1)
        root, key = (rsa.generate_private_key(65537, 2048) for _ in range(2))
        name = x509.Name.from_rfc4514_string("CN=root,O=times")
        authority = _builder(name, name, root, begin)
        authority = authority.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        authority = authority.add_extension(notaries.usage(signs_certificates=True), critical=True)
        top = authority.sign(root, hashes.SHA256())
        stamping = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        leaf = _builder(x509.Name.from_rfc4514_string("CN=times,O=times"), name, key, begin)
        leaf = leaf.add_extension(notaries.usage(signs_certificates=False), critical=True)
        leaf = leaf.add_extension(stamping, critical=True)
        for extension in extensions:
            leaf = leaf.add_extension(extension, critical=False)
        signer = leaf.sign(root, hashes.SHA256())
        pem = serialization.Encoding.PEM
        private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        files = {
            "config": _CONFIG.format(folder=folder).encode(),
            "serial": b"01\n",
            "key": private,
            "signer": signer.public_bytes(pem),
            "root": top.public_bytes(pem),
        }
        for file, content in files.items():
            (folder / file).write_bytes(content)
        return cls(folder=folder, root=files["root"])

    def token(self, signature: bytes, *, chain: bool = False) -> bytes:
        """A token over the signature, with the signer's certificate in it, or with all in no particular order."""
        (self.folder / "data").write_bytes(signature)
        self._run("-query", "-data", "data", "-sha256", "-cert", "-out", "query")
        self._run(
            *("-reply", "-config", "config", "-queryfile", "query", "-signer", "signer", "-inkey", "key"),
            *("-token_out", "-out", "token", *(("-chain", "root") if chain else ())),
        )
        return (self.folder / "token").read_bytes()

    def _run(self, *arguments: str) -> None:
        subprocess.run([COMMAND, "ts", *arguments], check=True, capture_output=True, cwd=self.folder)  # noqa: S603 - ours


def _builder(subject: x509.Name, issuer: x509.Name, key: rsa.RSAPrivateKey, begin: datetime) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder(subject_name=subject, issuer_name=issuer, public_key=key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    return builder.not_valid_before(begin).not_valid_after(begin + timedelta(days=365))
