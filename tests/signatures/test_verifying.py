"""A signature counts when it is by a key that one trusts, over these bytes, for Git, and the key is good today."""

import pathlib
from datetime import UTC, datetime, timedelta

import pytest
from tests.signatures.gnupg import GnuPG
from tests.signatures.security_keys import SecurityKey
from tests.signatures.signers import PGPKey, SSHKey

from sluice.signatures import verifying
from sluice.signatures.errors import SignatureError
from sluice.signatures.verifying import Keys

TEXT = b"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"
NOW = datetime.now(UTC)
UNKNOWN = "unable to verify payload with any of the given key rings: no matching key"
UNKNOWN_SSH = "unable to verify payload with any of the given authorized keys: no matching key"


def verify(signature: bytes, keys: Keys, *, text: bytes = TEXT, now: datetime = NOW) -> str:
    return verifying.verify("commit", signature, text, keys, now=now)


@pytest.mark.needs("sshd")
@pytest.mark.parametrize(
    ("type_", "bits"), [("ed25519", ""), ("ecdsa", "256"), ("ecdsa", "384"), ("ecdsa", "521"), ("rsa", "2048")]
)
@pytest.mark.parametrize("digest", ["sha256", "sha512"])
def test_an_ssh_signature_names_its_key(tmp_path: pathlib.Path, type_: str, bits: str, digest: str) -> None:
    key = SSHKey(tmp_path / "key", type_, bits)
    keys = Keys(ssh=(b"\n# ours\n" + key.public,))
    assert verify(key.sign(TEXT, digest=digest), keys) == key.fingerprint
    with pytest.raises(SignatureError, match=r"no matching key$"):
        verify(key.sign(TEXT, digest=digest), keys, text=TEXT + b"x")


@pytest.mark.needs("sshd")
def test_an_ssh_signature_by_another_key_or_for_another_use_counts_for_nothing(tmp_path: pathlib.Path) -> None:
    mine, other = SSHKey(tmp_path / "mine"), SSHKey(tmp_path / "other")
    keys = Keys(ssh=(mine.public,))
    with pytest.raises(SignatureError) as caught:
        verify(other.sign(TEXT), keys)
    assert str(caught.value) == f"unable to verify Git commit SSH signature: {UNKNOWN_SSH}\npublic key does not match"
    with pytest.raises(SignatureError, match=r"no matching key$"):
        verify(mine.sign(TEXT, namespace="file"), keys)


@pytest.mark.needs("sshd")
def test_a_small_rsa_key_counts_for_nothing(tmp_path: pathlib.Path) -> None:
    key = SSHKey(tmp_path / "key", "rsa", "1024")
    with pytest.raises(SignatureError, match=r"no matching key$"):
        verify(key.sign(TEXT), Keys(ssh=(key.public,)))


@pytest.mark.needs("sshd")
def test_a_file_with_a_line_that_is_no_key_is_told_unless_another_file_has_the_key(tmp_path: pathlib.Path) -> None:
    key = SSHKey(tmp_path / "key")
    broken = key.public + b"ssh-ed25519 AAAA\n"
    with pytest.raises(SignatureError, match="unable to parse authorized keys"):
        verify(key.sign(TEXT), Keys(ssh=(broken,)))
    options = b'namespaces="git" ' + key.public
    assert verify(key.sign(TEXT), Keys(ssh=(broken, options))) == key.fingerprint


@pytest.mark.needs("sshd")
def test_a_damaged_ssh_signature_is_told(tmp_path: pathlib.Path) -> None:
    key = SSHKey(tmp_path / "key")
    made = key.sign(TEXT)
    for damaged in (made[:120], made.replace(b"\n", b"\n!", 1), made + b"more", b"-----BEGIN SSH SIGNATURE-----"):
        with pytest.raises(SignatureError, match="unable to unarmor SSH signature"):
            verify(damaged, Keys(ssh=(key.public,)))


def test_an_openpgp_signature_names_the_primary_key() -> None:
    mine, other = PGPKey(), PGPKey()
    keys = Keys(pgp=(b"no key", other.public + mine.public))
    assert verify(mine.sign(TEXT), keys) == mine.id
    with pytest.raises(SignatureError, match=UNKNOWN):
        verify(mine.sign(TEXT), keys, text=TEXT + b"x")
    with pytest.raises(SignatureError) as caught:
        verify(mine.sign(TEXT), Keys(pgp=(other.public,)))
    assert str(caught.value) == f"unable to verify Git commit: {UNKNOWN}"


def test_a_key_that_has_expired_since_counts_for_nothing() -> None:
    key = PGPKey(seconds=3600)
    made = key.sign(TEXT)
    assert verify(made, Keys(pgp=(key.public,))) == key.id
    later = NOW + timedelta(hours=2)
    with pytest.raises(SignatureError, match=UNKNOWN):
        verify(made, Keys(pgp=(key.public,)), now=later)
    # Only the primary key goes on living; the one that signs does not.
    prolonged = key.prolonged(NOW + timedelta(days=9))
    assert verify(made, Keys(pgp=(prolonged,))) == key.id
    with pytest.raises(SignatureError, match=UNKNOWN):
        verify(made, Keys(pgp=(prolonged,)), now=later)


def test_a_key_that_was_revoked_since_counts_for_nothing() -> None:
    key = PGPKey()
    made = key.sign(TEXT)
    with pytest.raises(SignatureError, match=UNKNOWN):
        verify(made, Keys(pgp=(key.revoked,)))


def test_rings_without_any_key_are_told() -> None:
    with pytest.raises(SignatureError, match="unable to read armored key ring"):
        verify(PGPKey().sign(TEXT), Keys(pgp=(b"no key", b"")))


@pytest.mark.parametrize(
    ("signature", "text"),
    [
        (b"", "unsupported signature type: empty"),
        (b"-----BEGIN SIGNED MESSAGE-----\n", "unsupported signature type: x509"),
        (b"hello", "unsupported signature type: unknown"),
        (b"-----BEGIN PGP SIGNATURE-----\n", "no PGP public keys found in secret"),
        (b"-----BEGIN SSH SIGNATURE-----\n", "no SSH public keys found in secret"),
    ],
)
def test_what_no_key_can_be_for_is_told(signature: bytes, text: str) -> None:
    with pytest.raises(SignatureError, match=text):
        verify(signature, Keys())


def test_the_name_in_the_secret_says_what_a_key_is_for() -> None:
    found = Keys.of({"b.asc": b"2", "a": b"1", "me.sshpub": b"3"})
    assert found == Keys(pgp=(b"1", b"2"), ssh=(b"3",))


@pytest.mark.needs("gpg", "gpgconf")
def test_a_subkey_that_has_expired_or_was_revoked_since_counts_for_nothing() -> None:
    with GnuPG() as mine:
        lasting, short, revoked = (mine.subkey(TEXT, lasts) for lasts in ("never", "30d", "never"))
        for _, signature in (lasting, revoked):
            assert verify(signature, Keys(pgp=(mine.public,))) == mine.primary[-16:]
        mine.revoke(revoked[0])
        keys = Keys(pgp=(mine.public,))
        assert verify(lasting[1], keys) == mine.primary[-16:]
        # When they signed, they were good: whoever has a key can say that of any time.
        for _, signature in (short, revoked):
            with pytest.raises(SignatureError, match=UNKNOWN):
                verify(signature, keys)


@pytest.mark.parametrize("kind", SecurityKey.KINDS)
def test_a_security_key_counts_when_its_owner_was_there(kind: str) -> None:
    mine, other = SecurityKey(kind), SecurityKey(kind)
    keys = Keys(ssh=(mine.public,))
    assert verify(mine.sign(TEXT), keys) == mine.fingerprint
    for signature in (other.sign(TEXT), mine.sign(TEXT, flags=0), mine.sign(TEXT, application=b"ssh:other")):
        with pytest.raises(SignatureError, match="no matching key"):
            verify(signature, keys)
    with pytest.raises(SignatureError, match="no matching key"):
        verify(mine.sign(TEXT), keys, text=TEXT + b"x")
    with pytest.raises(SignatureError, match="no matching key"):
        verify(mine.sign(TEXT, counted=7, claimed=8), keys)
