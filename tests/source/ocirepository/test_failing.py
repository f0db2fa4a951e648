"""What goes wrong is told in Flux's words, as Flux was seen to tell it, and ends when its cause does."""

from typing import Any

import pytest
from tests.source.conftest import conditions
from tests.source.ocirepository.conftest import Shelf

from sluice.testing import registries as kit

pytestmark = pytest.mark.needs("git-http-backend", kit.COMMAND)

PULL, READ, URL, LOGIN = "OCIArtifactPullFailed", "ReadOperationFailed", "URLInvalid", "AuthenticationFailed"
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789_-./"
NOTHING = "sha256:" + "0" * 64
AT = "failed to determine artifact digest: "


@pytest.mark.parametrize(
    ("spec", "reason", "text"),
    [
        ({"ref": {"tag": "9"}}, PULL, AT + "GET HTTP/manifests/9: MANIFEST_UNKNOWN: manifest unknown; map[Tag:9]"),
        ({"ref": {"digest": "sha256:zz"}}, PULL, AT + "found non-hex character in hash: z"),
        ({"ref": {"digest": "sha512:" + "0" * 128}}, PULL, AT + 'unsupported hash: "sha512"'),
        (
            {"ref": {"digest": NOTHING}},
            PULL,
            f"failed to pull artifact from 'OCI': GET HTTP/manifests/{NOTHING}: MANIFEST_UNKNOWN: manifest unknown; "
            f"map[Name:org/app Revision:{NOTHING}]",
        ),
        (
            {"url": "oci://HOST/org/none"},
            PULL,
            AT + "GET http://HOST/v2/org/none/manifests/latest: MANIFEST_UNKNOWN: manifest unknown; map[Tag:latest]",
        ),
        (
            {"url": "oci://HOST/org/none", "ref": {"semver": "*"}},
            READ,
            "failed to determine the artifact tag for 'oci://HOST/org/none': GET http://HOST/v2/org/none/tags/list"
            "?n=1000: NAME_UNKNOWN: repository name not known to registry; map[name:org/none]",
        ),
        (
            {"url": "oci://127.0.0.1:1/org/app"},
            PULL,
            AT + 'Get "https://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused; '
            'Get "http://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused',
        ),
        (
            {"certSecretRef": {"name": "none"}},
            LOGIN,
            "failed to generate transport for 'OCI': secret 'NAMESPACE/none' not found",
        ),
        (
            {"certSecretRef": {"name": "odd"}},
            LOGIN,
            "failed to generate transport for 'OCI': secret 'NAMESPACE/odd' must contain either 'ca.crt' or both "
            "'tls.crt' and 'tls.key'",
        ),
        (
            {"proxySecretRef": {"name": "none"}},
            LOGIN,
            "failed to get proxy address: secret 'NAMESPACE/none' not found",
        ),
        (
            {"proxySecretRef": {"name": "odd"}},
            LOGIN,
            "failed to get proxy address: secret 'NAMESPACE/odd': proxy URL must use one of the supported schemes "
            "(http, https, socks5), got 'ftp'",
        ),
        (
            {"serviceAccountName": "none"},
            LOGIN,
            "failed to get credential: serviceaccount 'NAMESPACE/none' not found",
        ),
    ],
)
async def test_a_failure_is_told_and_tried_again(shelf: Shelf, spec: dict[str, object], reason: str, text: str) -> None:
    await shelf.registry.push("org/app", "latest", {"cm.yaml": "a"})
    await shelf.secret("odd", address="ftp://x")
    await shelf.source(**_filled(spec, shelf))

    async with shelf.controller():
        seen = await shelf.see_ready(status="False")
        events = await shelf.events(1)

    told = _filled(text, shelf)
    found = conditions(seen)
    assert found["Ready"] == ("False", reason, told)
    assert found["FetchFailed"] == ("True", reason, told)
    assert found["Reconciling"][1] == "ProgressingWithRetry"
    assert seen["status"]["observedGeneration"] == -1
    assert f"Warning {reason} {told}" in events


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("oci://HOST/org/app:1", f"repository can only contain the characters `{LETTERS}`: org/app:1"),
        ("oci://HOST/ORG/app", f"repository can only contain the characters `{LETTERS}`: ORG/app"),
        ("oci://", "a repository name must be specified"),
        ("oci://HOST/../../app", "repository has an empty or relative part: ../../app"),
    ],
)
async def test_an_address_that_names_no_repository_stalls(shelf: Shelf, url: str, text: str) -> None:
    url = _filled(url, shelf)
    await shelf.source(url=url)

    async with shelf.controller():
        seen = await shelf.see_ready(status="False")

    told = f"URL validation failed for '{url}': {text}"
    found = conditions(seen)
    assert found["Stalled"] == found["FetchFailed"] == ("True", URL, told)
    assert found["Ready"] == ("False", URL, told)
    assert seen["status"]["observedGeneration"] == 1


async def test_a_missing_secret_is_told_twice_as_in_flux(shelf: Shelf) -> None:
    await shelf.source(secretRef={"name": "none"})

    async with shelf.controller("--min-retry-delay=1m", "--max-retry-delay=1m"):
        found = await shelf.see_failing()
        events = await shelf.events(2)

    told = f"failed to get credential: failed to get secret '{shelf.space.name}/none': secrets \"none\" not found"
    assert found["Ready"] == ("False", LOGIN, told)
    assert events == [f"Normal {LOGIN} auth secret 'none' not found", f"Warning {LOGIN} {told}"]


async def test_a_failure_leaves_the_artifact_and_its_end_is_news(shelf: Shelf) -> None:
    digest = await shelf.registry.push("org/app", "1", {"cm.yaml": "a"})
    await shelf.source(ref={"tag": "1"})
    async with shelf.controller():
        before = await shelf.see_ready()
        await shelf.spec(ref={"tag": "none"})
        failed = await shelf.see_ready(status="False")
        assert failed["status"]["artifact"] == before["status"]["artifact"]
        assert conditions(failed)["ArtifactInStorage"][0] == "True"
        await shelf.spec(ref={"tag": "1"})

        again = await shelf.see_ready()

        assert set(conditions(again)) == {"Ready", "ArtifactInStorage"}
        text = f"stored artifact with revision '1@{digest}' from '{shelf.registry.url('org/app')}'"
        assert any(each.startswith(f"Normal Succeeded {text}") for each in await shelf.events(4))


def _filled(value: Any, shelf: Shelf) -> Any:
    """With the names that the registry and the namespace have in this run."""
    if isinstance(value, dict):
        return {key: _filled(each, shelf) for key, each in value.items()}
    if not isinstance(value, str):
        return value
    for name, meant in (
        ("OCI", "oci://HOST/org/app"),
        ("HTTP", "http://HOST/v2/org/app"),
        ("HOST", shelf.registry.host),
        ("NAMESPACE", shelf.space.name),
    ):
        value = value.replace(name, meant)
    return value
