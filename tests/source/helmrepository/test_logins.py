"""Who is shown the login of a repository, and what a server's word is taken for."""

import pytest

from sluice import web
from sluice_controllers.source.helmrepository.repositories import Login, Repository
from sluice_controllers.source.helmrepository.validators import Validators

LOGIN = Login(username="me", password="hunter2")
BASIC = web.basic("me", "hunter2")


def shown(
    address: str, *, url: str = "https://x.test/charts", passed: bool = False, login: Login | None = LOGIN
) -> str:
    repository = Repository(url=url, login=login, pass_credentials=passed)
    return repository.headers(address).get("Authorization", "")


@pytest.mark.parametrize(
    "address", ["https://x.test/charts/web.tgz", "https://x.test/web.tgz", "https://X.test/web.tgz"]
)
def test_the_repository_s_own_server_is_shown_it(address: str) -> None:
    assert shown(address) == BASIC


@pytest.mark.parametrize(
    "address",
    [
        "https://y.test/web.tgz",
        "http://x.test/web.tgz",
        "https://x.test:8443/web.tgz",
        "https://x.test.evil.example/web.tgz",
        "https://x.test@evil.example/web.tgz",
    ],
)
def test_another_server_scheme_or_port_is_shown_it_only_if_that_is_asked_for(address: str) -> None:
    assert shown(address) != BASIC
    assert shown(address, passed=True) == BASIC


def test_a_login_in_an_address_goes_where_the_repository_s_does_not() -> None:
    assert shown("https://you:pw%40@y.test/web.tgz") == web.basic("you", "pw@")
    assert shown("https://you:pw@x.test/web.tgz") == BASIC
    assert shown("https://you:pw@x.test/web.tgz", login=None) == web.basic("you", "pw")
    assert shown("https://x.test/web.tgz", login=None) == ""


@pytest.mark.parametrize(
    ("url", "index"),
    [
        ("https://x.test", "https://x.test/index.yaml"),
        ("https://x.test//a/", "https://x.test/a/index.yaml"),
        ("https://x.test/a/../b", "https://x.test/b/index.yaml"),
        ("https://x.test/a?token=1", "https://x.test/a/index.yaml?token=1"),
    ],
)
def test_the_index_is_below_the_address(url: str, index: str) -> None:
    assert Repository(url=url).index == index


def test_neither_shows_a_login() -> None:
    assert "hunter2" not in repr(Repository(url="https://me:hunter2@x.test", login=LOGIN))


LATE = {"Date": "Sat, 21 Nov 2026 18:27:52 GMT", "Last-Modified": "Sat, 21 Nov 2026 18:20:00 GMT", "ETag": '"a"'}


@pytest.mark.parametrize(
    ("headers", "asked"),
    [
        (LATE, {"If-None-Match": '"a"', "If-Modified-Since": LATE["Last-Modified"]}),
        ({**LATE, "Last-Modified": "Sat, 21 Nov 2026 18:27:00 GMT"}, {}),
        ({**LATE, "Last-Modified": "yesterday"}, {}),
        ({"ETag": 'W/"a"'}, {"If-None-Match": 'W/"a"'}),
        ({"ETag": "a" * 2000}, {}),
        ({}, {}),
    ],
)
def test_a_server_is_asked_by_what_it_said_if_that_tells_one_state_from_all_others(
    headers: dict[str, str], asked: dict[str, str]
) -> None:
    assert Validators.of(headers).headers() == asked
