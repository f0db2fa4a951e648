"""What registries put into WWW-Authenticate."""

import pytest

from sluice.oci import challenges


@pytest.mark.parametrize(
    ("header", "scheme", "parameters"),
    [
        (
            'Bearer realm="https://auth.example/token",service="registry.example",scope="repository:a/b:pull,push"',
            "bearer",
            {
                "realm": "https://auth.example/token",
                "service": "registry.example",
            },
        ),
        ('BASIC Realm="a \\"quoted\\" realm"', "basic", {"realm": 'a "quoted" realm'}),
        ("Basic", "basic", {}),
        ('Negotiate, Basic realm="x"', "basic", {"realm": "x"}),
        ("bearer realm=unquoted , service = x", "bearer", {"realm": "unquoted", "service": "x"}),
    ],
)
def test_the_first_challenge_that_can_be_met_is_picked(header: str, scheme: str, parameters: dict[str, str]) -> None:
    picked = challenges.pick([header])

    assert picked is not None
    assert picked == challenges.Challenge(scheme=scheme, **parameters)


@pytest.mark.parametrize("header", ["", "Negotiate", "=,=,=", '"', "Digest realm=x, nonce=y"])
def test_other_headers_hold_none(header: str) -> None:
    assert challenges.pick([header]) is None
