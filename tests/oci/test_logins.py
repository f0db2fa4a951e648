"""Which login of a pull secret is meant for a repository: Docker's rules, as the kubelet has them."""

import base64
import json
from typing import Any

import pytest

from sluice import oci

REPOSITORY = oci.Repository.of_url("oci://registry.example:5000/org/app")


def auth(user: str) -> dict[str, Any]:
    return {"auth": base64.b64encode(f"{user}:s3cret:with:colons".encode()).decode()}


def found(*names: str, repository: oci.Repository = REPOSITORY) -> str | None:
    """The name whose login is found."""
    config = json.dumps({"auths": {name: auth(str(place)) for place, name in enumerate(names)}})
    login = oci.Logins.of_secrets([{".dockerconfigjson": config.encode()}]).find(repository)
    return None if login is None else names[int(login.username)]


@pytest.mark.parametrize(
    "name",
    [
        "registry.example:5000",
        "https://registry.example:5000",
        "http://registry.example:5000/",
        "https://registry.example:5000/v1/",
        "registry.example:5000/org",
        "registry.example:5000/org/app",
        "*.example:5000",
        "regis*.example:5000",
    ],
)
def test_a_name_fits(name: str) -> None:
    assert found(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "registry.example",
        "registry.example:443",
        "example:5000",
        "*:5000",
        "other.example:5000",
        "registry.example:5000/other",
        "evil.registry.example:5000",
    ],
)
def test_a_name_does_not_fit(name: str) -> None:
    assert found(name) is None


def test_the_longest_name_that_fits_counts() -> None:
    assert found("registry.example:5000", "registry.example:5000/org", "*.example:5000") == "registry.example:5000/org"


def test_docker_hub_is_known_by_the_name_that_docker_gives_it() -> None:
    repository = oci.Repository.of_url("oci://docker.io/org/app")

    assert found("https://index.docker.io/v1/", repository=repository) == "https://index.docker.io/v1/"


def test_both_formats_and_all_fields_are_read() -> None:
    old = {"registry.example:5000": {"username": "u", "password": "p", "email": "x@y"}}
    new = {"auths": {"registry.example:5000/org": {"identitytoken": "i", "registrytoken": "r"}}}
    secrets = [{".dockercfg": json.dumps(old).encode()}, {".dockerconfigjson": json.dumps(new).encode()}, {"x": b"y"}]

    login = oci.Logins.of_secrets(secrets).find(REPOSITORY)
    other = oci.Logins.of_secrets(secrets[:1]).find(REPOSITORY)

    assert login == oci.Login(identity_token="i", registry_token="r")
    assert other == oci.Login(username="u", password="p")
    assert repr(login) == "<Login>"


@pytest.mark.parametrize(
    "config",
    [
        b"no json: s3cret",
        b"[]",
        b'{"auths": []}',
        b'{"auths": {"x": "s3cret"}}',
        b'{"auths": {"x": {"auth": "s3cret!"}}}',
        b'{"auths": {"x": {"auth": "bm9jb2xvbg=="}}}',
        b'{"auths": {"x": {"password": ["s3cret"]}}}',
    ],
)
def test_what_cannot_be_read_is_told_without_its_content(config: bytes) -> None:
    with pytest.raises(oci.LoginError) as caught:
        oci.Logins.of_secrets([{".dockerconfigjson": config}])
    assert "s3cret" not in str(caught.value)
