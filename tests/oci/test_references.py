"""What names something in a registry, and in which words what does not is refused."""

import pytest

from sluice import oci

HEX = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("url", "registry", "path"),
    [
        ("oci://ghcr.io/org/app", "ghcr.io", "org/app"),
        ("oci://127.0.0.1:5000/org/app", "127.0.0.1:5000", "org/app"),
        ("oci://localhost/app", "localhost", "app"),
        ("oci://docker.io/org/app", "index.docker.io", "org/app"),
        ("oci://docker.io/app", "index.docker.io", "library/app"),
        ("oci://org/app", "index.docker.io", "org/app"),
        ("oci://[::1]:5000/app", "[::1]:5000", "app"),
    ],
)
def test_an_address_names_a_registry_and_a_path(url: str, registry: str, path: str) -> None:
    found = oci.Repository.of_url(url)

    assert (found.registry, found.path) == (registry, path)


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("https://ghcr.io/org/app", "URL must be in format 'oci://<domain>/<org>/<repo>'"),
        ("oci://", "a repository name must be specified"),
        ("oci://ghcr.io/", "repository must be between 1 and 255 characters in length: "),
        ("oci://ghcr.io/org/app:tag", "repository can only contain the characters"),
        ("oci://user:s3cret@ghcr.io/org/app", "registries must be valid"),
        ("oci://ghcr.io/a/../b", "repository has an empty or relative part"),
        ("oci://ghcr.io//b", "repository has an empty or relative part"),
        ("oci://ghcr.io?x=/b", "registries must be valid"),
    ],
)
def test_what_is_no_address_of_a_repository_is_refused(url: str, text: str) -> None:
    with pytest.raises(oci.InvalidReferenceError, match=text.replace("<", ".").replace("?", ".")):
        oci.Repository.of_url(url)


@pytest.mark.parametrize(
    ("host", "plain"),
    [
        ("ghcr.io", False),
        ("10.example.com", False),
        ("127.0.0.1:5000", True),
        ("localhost:5000", True),
        ("registry.localhost", True),
        ("192.168.1.1:5000", True),
        ("172.32.0.1", False),
    ],
)
def test_only_what_is_near_may_do_without_tls_unless_told_so(host: str, plain: bool) -> None:
    assert oci.Repository.of_url(f"oci://{host}/a/b").plain == plain
    assert oci.Repository.of_url(f"oci://{host}/a/b", insecure=True).plain


@pytest.mark.parametrize("tag", ["", "a b", "../../x", "a/b", "x" * 129, "é"])
def test_what_is_no_tag_is_refused(tag: str) -> None:
    with pytest.raises(oci.InvalidReferenceError):
        oci.Repository.of_url("oci://ghcr.io/a/b").tag(tag)


@pytest.mark.parametrize(
    "digest", ["", "sha256:", "sha256:zz", f"sha512:{HEX}", f"sha256:{HEX}0", f"sha256:{HEX}/../x"]
)
def test_what_is_no_digest_is_refused(digest: str) -> None:
    with pytest.raises(oci.InvalidReferenceError):
        oci.checked(digest)


def test_a_login_in_an_address_is_not_repeated() -> None:
    with pytest.raises(oci.InvalidReferenceError) as caught:
        oci.Repository.of_url("oci://user:s3cret@ghcr.io/org/app")
    assert "s3cret" not in str(caught.value)


def test_references_are_written_as_everywhere() -> None:
    repository = oci.Repository.of_url("oci://ghcr.io/a/b")

    assert str(repository.tag("1.0")) == "ghcr.io/a/b:1.0"
    assert str(repository.digest(f"sha256:{HEX}")) == f"ghcr.io/a/b@sha256:{HEX}"
    assert str(repository.child("chart")) == "ghcr.io/a/b/chart"
