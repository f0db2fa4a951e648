import pytest

from sluice.git import submodules
from sluice.git.errors import UnsupportedError

MODULES = """
# where our parts come from
[submodule "one"]
\tpath = vendor/one
\turl = https://host.test/org/one.git ; with a reason
[submodule "two \\"quoted\\""]
  URL = ../two.git
  path = "two"
  branch = main
[submodule "without"]
\tpath = without
[core]
\tpath = core
\turl = https://host.test/core
[submodule "three"]
path=three
url=./three
"""


def test_each_path_has_its_address() -> None:
    assert submodules.addresses(MODULES) == {
        "vendor/one": "https://host.test/org/one.git",
        "two": "../two.git",
        "three": "./three",
    }


@pytest.mark.parametrize(
    "text", ["", "\n\n", "no section = x\n", "[include]\npath = /etc/passwd\nurl = x\n", "[submodule"]
)
def test_what_is_no_submodule_has_none(text: str) -> None:
    assert submodules.addresses(text) == {}


@pytest.mark.parametrize(
    ("address", "parent", "wanted"),
    [
        ("https://b.test/x", "https://a.test/org/repo.git", "https://b.test/x"),
        ("../x.git", "https://a.test/org/repo.git", "https://a.test/org/x.git"),
        ("../../x", "https://a.test/org/repo/", "https://a.test/x"),
        ("./x", "https://a.test/org/repo", "https://a.test/org/repo/x"),
        ("./../y/../x", "https://a.test/org/repo", "https://a.test/org/y/../x"),
        ("../x.git", "git@a.test:org/repo.git", "git@a.test:org/x.git"),
        ("../x.git", "ssh://git@a.test:22/org/repo.git", "ssh://git@a.test:22/org/x.git"),
        ("../x", "file:///srv/repo", "file:///srv/x"),
    ],
)
def test_relative_addresses_begin_at_the_repository(address: str, parent: str, wanted: str) -> None:
    assert submodules.resolved(address, parent) == wanted


def test_a_relative_address_does_not_leave_its_server() -> None:
    with pytest.raises(UnsupportedError, match="leads above its server"):
        submodules.resolved("../../../x", "https://a.test/org/repo")
