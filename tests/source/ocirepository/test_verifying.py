"""`spec.verify`: only what is signed by whom one trusts becomes an artifact."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from tests.source.conftest import conditions
from tests.source.ocirepository.conftest import Shelf

from sluice.signatures.cosign.found import Signature
from sluice.signatures.notation.envelopes import Target
from sluice.testing import notaries, registry_signing
from sluice.testing import registries as kit
from sluice.testing.cosigners import Cosigner
from sluice.testing.notaries import Notary
from sluice.testing.registry_content import Blob
from sluice.testing.sigstores import Signer, Sigstore

pytestmark = pytest.mark.needs("git-http-backend", kit.COMMAND)

APP = "org/app"
ISSUER = "https://login.example.com"
KEYED: dict[str, Any] = {"provider": "cosign", "secretRef": {"name": "keys"}}
NOTATION: dict[str, Any] = {"provider": "notation", "secretRef": {"name": "notary"}}

Sign = Callable[[Shelf, str, Any], Awaitable[None]]


async def _older(shelf: Shelf, digest: str, signer: Any) -> None:
    await registry_signing.add_signatures(shelf.registry, APP, digest, signer.signature(APP, digest))


async def _bundle(shelf: Shelf, digest: str, signer: Any) -> None:
    await registry_signing.add_bundle(shelf.registry, APP, digest, signer.bundle(digest))


async def _bundle_listed_as_cosign_does(shelf: Shelf, digest: str, signer: Any) -> None:
    kind = "application/vnd.oci.empty.v1+json"
    await registry_signing.add_bundle(shelf.registry, APP, digest, signer.bundle(digest), kind=kind)


COSIGN = {"older": _older, "bundle": _bundle, "bundle as listed by cosign": _bundle_listed_as_cosign_does}


@pytest.fixture(name="cosigner", scope="module")
def cosigner_fixture() -> Cosigner:
    return Cosigner(ec.generate_private_key(ec.SECP256R1()))


@pytest.fixture(name="sigstore", scope="module")
def sigstore_fixture() -> Sigstore:
    return Sigstore.new()


@pytest.fixture(name="me", scope="module")
def me_fixture(sigstore: Sigstore) -> Signer:
    return sigstore.login("me@example.com", ISSUER)


@pytest.fixture(name="notary", scope="module")
def notary_fixture() -> Notary:
    return Notary.new()


async def push(shelf: Shelf, text: str = "a") -> str:
    return await shelf.registry.push(APP, "latest", {"cm.yaml": f"a: {text}\n"})


async def trust(shelf: Shelf, *cosigners: Cosigner) -> None:
    await shelf.secret("keys", **{f"{number}.pub": each.public.decode() for number, each in enumerate(cosigners)})


async def refused(shelf: Shelf) -> str:
    """What is said of a revision that is not verified."""
    seen = await shelf.see_failing()
    assert seen["SourceVerified"] == seen["Ready"]
    status, reason, message = seen["Ready"]
    assert (status, reason) == ("False", "VerificationError")
    return message


async def verified(shelf: Shelf, digest: str) -> None:
    def wanted(seen: dict[str, Any]) -> bool:
        stored = (seen.get("status") or {}).get("artifact") or {}
        return stored.get("revision") == f"latest@{digest}" and conditions(seen)["Ready"][0] == "True"

    seen = await shelf.see(wanted)
    told = f"verified signature of revision latest@{digest}"
    assert conditions(seen)["SourceVerified"] == ("True", "Succeeded", told)


@pytest.mark.parametrize("form", COSIGN)
async def test_what_a_key_of_the_secret_signed_is_stored_and_said_to_be_verified(
    shelf: Shelf, cosigner: Cosigner, form: str
) -> None:
    digest = await push(shelf)
    await COSIGN[form](shelf, digest, cosigner)
    await trust(shelf, Cosigner(ec.generate_private_key(ec.SECP384R1())), cosigner)
    await shelf.source(verify=KEYED)
    async with shelf.controller():
        await verified(shelf, digest)


async def test_what_is_verified_is_not_looked_at_again(shelf: Shelf, cosigner: Cosigner) -> None:
    await _older(shelf, await push(shelf), cosigner)
    await trust(shelf, cosigner)
    await shelf.source(verify=KEYED)
    async with shelf.controller():
        await shelf.see_ready()
        since, shelf.writes[:] = len(shelf.asked()), []
        await shelf.ask()
    assert shelf.asked(since) == ["HEAD /v2/org/app/manifests/latest"]
    await shelf.see_writes("PATCH ocirepositories")


async def test_nor_after_a_restart(shelf: Shelf, cosigner: Cosigner) -> None:
    await _older(shelf, await push(shelf), cosigner)
    await trust(shelf, cosigner)
    await shelf.source(verify=KEYED)
    async with shelf.controller():
        await shelf.see_ready()
    since = len(shelf.asked())
    async with shelf.controller():
        await shelf.ask()
    assert not [each for each in shelf.asked(since) if ".sig" in each or "referrers" in each]


async def test_what_nobody_signed_is_not_stored_until_somebody_does(shelf: Shelf, cosigner: Cosigner) -> None:
    digest = await push(shelf)
    await trust(shelf, cosigner)
    await shelf.source(verify=KEYED)
    async with shelf.controller():
        shown = f"{shelf.registry.host}/{APP}@{digest}"
        assert await refused(shelf) == (
            "failed to verify the signature using provider 'cosign': "
            f"no matching signatures were found for '{shown}': no signatures found"
        )
        assert shelf.files() == []
        await _bundle(shelf, digest, cosigner)
        await verified(shelf, digest)


async def test_what_another_key_signed_leaves_the_artifact_that_is_there(shelf: Shelf, cosigner: Cosigner) -> None:
    first = await push(shelf, "first")
    await _older(shelf, first, cosigner)
    await trust(shelf, cosigner)
    await shelf.source(verify=KEYED)
    async with shelf.controller():
        await verified(shelf, first)
        second = await push(shelf, "second")
        await _older(shelf, second, Cosigner(ec.generate_private_key(ec.SECP256R1())))
        await shelf.ask()
        assert "no matching signatures: invalid signature when validating" in await refused(shelf)
        assert (await shelf.get())["status"]["artifact"]["revision"] == f"latest@{first}"
        await _older(shelf, second, cosigner)
        await verified(shelf, second)


async def test_a_signature_of_another_manifest_cannot_be_put_to_this_one(shelf: Shelf, cosigner: Cosigner) -> None:
    good, bad = await push(shelf, "good"), await push(shelf, "bad")
    signature, bundle = cosigner.signature(APP, good), cosigner.bundle(good)
    await registry_signing.add_signatures(shelf.registry, APP, bad, signature)
    await registry_signing.add_bundle(shelf.registry, APP, bad, bundle)
    await trust(shelf, cosigner)
    await shelf.source(verify=KEYED)
    async with shelf.controller():
        message = await refused(shelf)
    assert f"invalid or missing digest in claim: {good}" in message
    assert "provided artifact digest does not match any digest in statement" in message


async def test_a_bundle_of_somebody_else_does_not_hide_a_good_signature(shelf: Shelf, cosigner: Cosigner) -> None:
    digest = await push(shelf)
    await _bundle(shelf, digest, Cosigner(ec.generate_private_key(ec.SECP256R1())))
    await _older(shelf, digest, cosigner)
    await trust(shelf, cosigner)
    await shelf.source(verify=KEYED)
    async with shelf.controller():
        await verified(shelf, digest)


async def test_what_cannot_be_had_does_not_hide_what_is_good(shelf: Shelf, cosigner: Cosigner, notary: Notary) -> None:
    digest = await push(shelf)
    stranger = Cosigner(ec.generate_private_key(ec.SECP256R1()))
    gone = [await registry_signing.add_bundle(shelf.registry, APP, digest, stranger.bundle(digest))]
    gone.append(await notarise(shelf, digest, Notary.new()))
    await registry_signing.add_bundle(shelf.registry, APP, digest, cosigner.bundle(digest))
    await notarise(shelf, digest, notary)
    for each in gone:
        await shelf.registry.remove(APP, each)
    await trust(shelf, cosigner)
    await rely(shelf, notary)
    await shelf.source("by-key", verify=KEYED)
    await shelf.source("by-certificate", verify=NOTATION)
    async with shelf.controller():
        for name in ("by-key", "by-certificate"):
            assert conditions(await shelf.see_ready(name))["SourceVerified"][0] == "True"


async def test_when_none_of_them_can_be_had_that_is_told(shelf: Shelf, cosigner: Cosigner, notary: Notary) -> None:
    digest = await push(shelf)
    gone = [await registry_signing.add_bundle(shelf.registry, APP, digest, cosigner.bundle(digest))]
    gone.append(await notarise(shelf, digest, notary))
    for each in gone:
        await shelf.registry.remove(APP, each)
    await trust(shelf, cosigner)
    await rely(shelf, notary)
    await shelf.source("by-key", verify=KEYED)
    await shelf.source("by-certificate", verify=NOTATION)
    async with shelf.controller():
        for name in ("by-key", "by-certificate"):
            assert "MANIFEST_UNKNOWN" in (await shelf.see_failing(name))["Ready"][2]


async def test_secrets_without_what_is_needed_are_told(shelf: Shelf, cosigner: Cosigner) -> None:
    await push(shelf)
    await shelf.source(verify=KEYED)
    provider = "failed to verify the signature using provider 'cosign': "
    async with shelf.controller():
        assert await refused(shelf) == f'{provider}secrets "keys" not found'
        await shelf.secret("keys", **{"cosign.key": "x"})
        text = f"{provider}no public keys found in secret '{shelf.space.name}/keys'"
        await shelf.see(lambda seen: conditions(seen)["Ready"][2] == text)


async def test_verification_that_is_asked_for_later_is_done_of_what_is_stored(shelf: Shelf, cosigner: Cosigner) -> None:
    digest = await push(shelf)
    await trust(shelf, cosigner)
    await shelf.source()
    async with shelf.controller():
        await shelf.see_ready()
        await shelf.spec(verify=KEYED)
        assert "no signatures found" in await refused(shelf)
        await _older(shelf, digest, cosigner)
        await verified(shelf, digest)
        await shelf.spec(verify=None)
        seen = await shelf.see_ready()
    assert "SourceVerified" not in conditions(seen)


async def test_that_another_revision_was_verified_says_nothing_of_the_stored_one(
    shelf: Shelf, cosigner: Cosigner
) -> None:
    unsigned = await push(shelf)
    await trust(shelf, cosigner)
    await shelf.source()
    async with shelf.controller():
        await shelf.see_ready()
        # Signed, but of no use: what is stored stays, and nobody has signed that.
        signed = await shelf.registry.push(APP, "latest", layers=[Blob(media_type="x/y", data=b"x")])
        await _older(shelf, signed, cosigner)
        await shelf.spec(verify=KEYED, layerSelector={"mediaType": "application/vnd.cncf.flux.content.v1.tar+gzip"})
        seen = await shelf.see_failing()
        assert seen["SourceVerified"][2] == f"verified signature of revision latest@{signed}"
        assert seen["Ready"][1] == "OCIArtifactLayerOperationFailed"
        assert await push(shelf) == unsigned
        await shelf.ask()
        assert "no signatures found" in await refused(shelf)


KEYLESS: dict[str, Any] = {
    "provider": "cosign",
    "matchOIDCIdentity": [{"issuer": f"^{ISSUER}$", "subject": "^me@example[.]com$"}],
    "trustedRootSecretRef": {"name": "root"},
}


@pytest.mark.parametrize("form", COSIGN)
async def test_what_an_identity_of_the_trusted_sigstore_signed_is_verified(
    shelf: Shelf, sigstore: Sigstore, me: Signer, form: str
) -> None:
    digest = await push(shelf)
    await COSIGN[form](shelf, digest, me)
    await shelf.secret("root", **{"trusted_root.json": sigstore.trusted_root().decode()})
    await shelf.source(verify=KEYLESS)
    async with shelf.controller():
        await verified(shelf, digest)


@pytest.mark.parametrize("form", COSIGN)
async def test_another_identity_or_another_sigstore_is_not(
    shelf: Shelf, sigstore: Sigstore, me: Signer, form: str
) -> None:
    digest = await push(shelf)
    await COSIGN[form](shelf, digest, sigstore.login("you@example.com", ISSUER))
    await shelf.secret("root", **{"trusted_root.json": sigstore.trusted_root().decode()})
    await shelf.source(verify=KEYLESS)
    async with shelf.controller():
        message = await refused(shelf)
        assert message.startswith(
            "failed to verify the signature using provider 'cosign keyless': no matching signatures"
        )
        assert f"got subjects [you@example.com] with issuer {ISSUER}" in message
        await shelf.secret("root", **{"trusted_root.json": Sigstore.new().trusted_root().decode()})
        await shelf.see(lambda seen: "none of the expected identities" not in conditions(seen)["Ready"][2])
        assert "no matching signatures" in await refused(shelf)


async def test_a_trusted_root_that_is_missing_or_broken_is_told(shelf: Shelf, me: Signer) -> None:
    await _bundle(shelf, await push(shelf), me)
    await shelf.source(verify=KEYLESS)
    name = f"{shelf.space.name}/root"
    begin = "failed to verify the signature using provider 'cosign keyless': "
    async with shelf.controller():
        text = f"{begin}failed to read trusted root from secret '{name}': "
        assert await refused(shelf) == f'{text}secrets "root" not found'
        await shelf.secret("root", other="x")
        missing = f"{text}'trusted_root.json' not found in secret '{name}'"
        await shelf.see(lambda seen: conditions(seen)["Ready"][2] == missing)
        await shelf.secret("root", **{"trusted_root.json": "{}"})
        await shelf.see(lambda seen: conditions(seen)["Ready"][2].startswith(f"{begin}unable to parse trusted root"))


async def notarise(shelf: Shelf, digest: str, notary: Notary, form: str = "jws") -> str:
    accept = {"Accept": "application/vnd.oci.image.manifest.v1+json"}
    found = await shelf.registry.send("HEAD", f"{APP}/manifests/{digest}", (200,), headers=accept)
    size = int(found.headers["Content-Length"])
    target = Target(media_type="application/vnd.oci.image.manifest.v1+json", digest=digest, size=size)
    made = {"jws": ("application/jose+json", notary.jws), "cose": ("application/cose", notary.cose)}
    media_type, sign = made[form]
    return await registry_signing.add_envelope(shelf.registry, APP, digest, media_type, sign(target))


async def rely(shelf: Shelf, notary: Notary, **policy: Any) -> None:
    by = notaries.policy(**policy).decode()
    await shelf.secret("notary", **{"trustpolicy.json": by, "ca.crt": notary.root.decode()})


@pytest.mark.parametrize("form", ["jws", "cose"])
async def test_what_a_certificate_of_the_secret_signed_is_verified(shelf: Shelf, notary: Notary, form: str) -> None:
    digest = await push(shelf)
    await notarise(shelf, digest, notary, form)
    await rely(shelf, notary, scopes=[f"{shelf.registry.host}/{APP}"], identities=["x509.subject: C=US, ST=WA, O=acme"])
    await shelf.source(verify=NOTATION)
    async with shelf.controller():
        await verified(shelf, digest)


async def test_what_notation_did_not_sign_or_with_another_certificate_is_refused(shelf: Shelf, notary: Notary) -> None:
    digest = await push(shelf)
    await rely(shelf, notary)
    await shelf.source(verify=NOTATION)
    begin = "failed to verify the signature using provider 'notation': "
    async with shelf.controller():
        shown = f"{shelf.registry.host}/{APP}@{digest}"
        told = f'no signature is associated with "{shown}", make sure the artifact was signed successfully'
        assert await refused(shelf) == begin + told
        await notarise(shelf, digest, Notary.new())
        untrusted = "the signature's certificate chain does not contain any trusted certificate"
        await shelf.see(lambda seen: conditions(seen)["Ready"][2].endswith(untrusted))
        await notarise(shelf, digest, notary)
        await verified(shelf, digest)


async def test_notations_secret_must_have_a_policy_and_certificates(shelf: Shelf, notary: Notary) -> None:
    await push(shelf)
    await shelf.source(verify=NOTATION)
    root, policy = notary.root.decode(), notaries.policy().decode()
    space = shelf.space.name
    faulty = {
        "no-policy": ({"ca.crt": root}, f"'trustpolicy.json' not found in secret '{space}/no-policy'"),
        "no-root": ({"trustpolicy.json": policy, "ca": root}, f"no certificates found in secret '{space}/no-root'"),
        "bad-policy": ({"trustpolicy.json": "{}", "ca.pem": root}, "trustpolicy.json cannot be read: version"),
    }
    async with shelf.controller():
        begin = "failed to verify the signature using provider 'notation': "
        assert await refused(shelf) == f'{begin}secrets "notary" not found'
        for name, (data, told) in faulty.items():
            await shelf.secret(name, **data)
            await shelf.spec(verify={"secretRef": {"name": name}})
            assert told in await refused(shelf)
        await shelf.spec(verify={"secretRef": None})
        assert "verification secret cannot be empty: '" in await refused(shelf)


@pytest.mark.parametrize("level", ["skip", "audit"])
async def test_a_policy_may_let_pass_what_nobody_trusted_signed_and_nothing_is_said_to_be_verified(
    shelf: Shelf, notary: Notary, level: str
) -> None:
    digest = await push(shelf)
    await notarise(shelf, digest, Notary.new())
    await rely(shelf, notary, level=level)
    await shelf.source(verify=NOTATION)
    async with shelf.controller():
        seen = await shelf.see_ready()
    assert "SourceVerified" not in conditions(seen)
    assert seen["status"]["artifact"]["revision"] == f"latest@{digest}"


async def test_of_hundreds_of_signatures_only_some_are_fetched(shelf: Shelf, cosigner: Cosigner) -> None:
    digest = await push(shelf)
    junk = [Signature(payload=json.dumps(number).encode(), annotations={}) for number in range(60)] * 5
    await registry_signing.add_signatures(shelf.registry, APP, digest, *junk)
    await trust(shelf, cosigner)
    await shelf.source(verify=KEYED)
    since = len(shelf.asked())
    async with shelf.controller("--min-retry-delay=1m", "--max-retry-delay=1m"):
        await refused(shelf)
    assert len([each for each in shelf.asked(since) if "/blobs/" in each]) == 50
