import pickle

import pytest

from sluice import git, web
from sluice.git import RepositoryURL, credentials, sshkeys

HTTPS = RepositoryURL.parse("https://git.example/x.git")
SSH = RepositoryURL.parse("ssh://git.example/x.git")


def test_the_repr_shows_no_secret() -> None:
    made = credentials.from_secret(HTTPS, {"username": b"u", "password": b"hunter2"})
    assert "hunter2" not in repr(made)
    assert "password" in repr(made)
    assert "hunter2" not in repr(RepositoryURL.parse("https://u:hunter2@git.example/x.git"))


def test_the_address_fills_in_what_the_secret_lacks() -> None:
    made = credentials.from_secret(RepositoryURL.parse("https://u%40x:p%2Fw@git.example/x"), {})
    assert (made.username, made.password) == ("u@x", "p/w")
    made = credentials.from_secret(RepositoryURL.parse("https://u:p@git.example/x"), {"password": b"better"})
    assert (made.username, made.password) == ("u", "better")


def test_a_token_puts_user_and_password_of_the_secret_aside() -> None:
    made = credentials.from_secret(HTTPS, {"bearerToken": b"t", "username": b"u", "password": b"p"})
    assert (made.bearer, made.username, made.password) == ("t", "", "")


@pytest.mark.parametrize(
    ("url", "data", "message"),
    [
        (HTTPS, {"password": b"p"}, "invalid 'https' auth option: 'password' requires 'username' to be set"),
        (RepositoryURL.parse("ssh:///x"), {}, "invalid 'ssh' auth option: 'host' is required"),
        (SSH, {}, "invalid 'ssh' auth option: 'identity' is required"),
        (SSH, {"identity": b"k"}, "invalid 'ssh' auth option: 'known_hosts' is required"),
        (RepositoryURL.parse("https://u@h/x"), {"bearerToken": b"t"}, "basic auth and bearer token cannot be set"),
    ],
)
def test_malformed_secrets_are_told_in_flux_words(url: RepositoryURL, data: dict[str, bytes], message: str) -> None:
    with pytest.raises(git.MalformedCredentialsError, match=message):
        credentials.from_secret(url, data)


def test_different_credentials_have_different_fingerprints() -> None:
    made = {
        credentials.from_secret(HTTPS, data).fingerprint()
        for data in ({}, {"username": b"ab", "password": b"c"}, {"username": b"a", "password": b"bc"}, {"ca.crt": b"x"})
    }
    assert len(made) == 4


def test_the_ssh_user_is_git_unless_the_address_names_one() -> None:
    data = {"identity": b"k", "known_hosts": b"h"}
    assert credentials.from_secret(SSH, data).username == "git"
    assert credentials.from_secret(RepositoryURL.parse("ssh://me@h/x"), data).username == "me"


def test_what_is_no_key_is_told_in_flux_words() -> None:
    with pytest.raises(git.CredentialsError, match="ssh: no key found"):
        sshkeys.pair(b"not a key", "")
    assert not sshkeys.is_locked(b"not a key")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://u:p@h/x", "https://h/x"),
        ("https://h/x?a=@b", "https://h/x?a=@b"),
        ("ssh://git@h:2222/x", "ssh://h:2222/x"),
        ("no address", "no address"),
    ],
)
def test_addresses_are_shown_without_login(text: str, shown: str) -> None:
    assert web.shown(text) == shown


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("https://u:p@h:port/x", 'parse "https://h:port/x": invalid port ":port" after host'),
        ("https://u:p@a b/x", 'parse "https://a b/x": invalid character " " in host name'),
        ("https://u:p@[::1/x", "parse \"https://[::1/x\": missing ']' in host"),
        ("https://u:p@h:99999/x", 'parse "https://h:99999/x": not a valid address'),
    ],
)
def test_broken_addresses_are_refused_in_go_words_without_the_login(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match="parse") as refused:
        RepositoryURL.parse(text)
    assert str(refused.value) == complaint


def test_half_a_client_certificate_is_none() -> None:
    made = credentials.from_secret(HTTPS, {"tls.crt": b"c"})
    assert (made.client_certificate, made.client_key) == (b"", b"")


def test_files_are_addresses_only_where_allowed() -> None:
    with pytest.raises(git.UnsupportedError):
        RepositoryURL.parse("file:///x")
    assert str(RepositoryURL.parse("file:///x", files=True)) == "file:///x"


def test_every_error_survives_the_way_out_of_a_worker() -> None:
    for name in git.__all__:
        kind = getattr(git, name)
        if isinstance(kind, type) and issubclass(kind, git.GitError):
            again = pickle.loads(pickle.dumps(kind("why")))
            assert (type(again), str(again)) == (kind, "why")
