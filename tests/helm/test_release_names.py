"""How releases are called."""

import pytest

from sluice.helm.releases import naming

LONG = "a-namespace-that-is-quite-long-and-a-name-that-is-long-too"


@pytest.mark.parametrize(
    ("release", "target", "name", "wanted"),
    [
        ("", "", "web", "web"),
        ("", "apps", "web", "apps-web"),
        ("shop", "apps", "web", "shop"),
        ("", "", "a" * 53, "a" * 53),
        ("", "a-namespace-that-is-quite-long", "and-a-name-that-is-long-too", f"{LONG[:40]}-e3dd2afe9a98"),
    ],
)
def test_a_release_is_called_as_flux_calls_it(release: str, target: str, name: str, wanted: str) -> None:
    found = naming.release_name(name, release=release, target_namespace=target)
    assert found == wanted
    assert len(found) <= naming.MOST
