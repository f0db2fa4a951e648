"""`spec.verify`: only what is signed by whom one trusts becomes a package."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from tests.source.conftest import Room, conditions
from tests.source.helmchart.conftest import Charts, package

from sluice.signatures.notation.envelopes import Target
from sluice.testing import charts as made
from sluice.testing import notaries, registry_signing, spaces
from sluice.testing import registries as kit
from sluice.testing.cosigners import Cosigner
from sluice.testing.notaries import Notary
from sluice.testing.registries import Registry

pytestmark = pytest.mark.needs("git-http-backend", kit.COMMAND)

WEB = "charts/web"
KEYED: dict[str, Any] = {"provider": "cosign", "secretRef": {"name": "keys"}}
NOTATION: dict[str, Any] = {"provider": "notation", "secretRef": {"name": "notary"}}


@dataclass
class Signed:
    """A HelmRepository in a registry that is open to everyone."""

    room: Room
    charts: Charts
    registry: Registry

    async def push(self, version: str, text: str = "") -> str:
        data = made.chart("web", version, {"README.md": text})
        return await self.registry.push_chart(WEB, version, data, metadata={"name": "web", "version": version})

    async def sign(self, digest: str, cosigner: Cosigner) -> None:
        await registry_signing.add_signatures(self.registry, WEB, digest, cosigner.signature(WEB, digest))

    async def apply(self, version: str, **spec: Any) -> None:
        source = {"kind": "HelmRepository", "name": "charts"}
        await self.charts.apply(chart="web", version=version, sourceRef=source, **spec)

    async def trust(self, cosigner: Cosigner) -> None:
        await self.room.secret("keys", **{"a.pub": cosigner.public.decode()})

    async def refused(self) -> dict[str, tuple[str, str, str]]:
        return conditions(await self.charts.see_ready(status="False", reason="VerificationError"))

    def asked_for_signatures(self) -> int:
        return len([each for each in self.registry.requests() if each.startswith("GET") and ".sig" in each])


@pytest.fixture
async def signed(room: Room, charts: Charts) -> AsyncIterator[Signed]:
    async with Registry() as registry:
        body: dict[str, Any] = {"apiVersion": spaces.SOURCES, "kind": "HelmRepository"}
        body["metadata"] = {"name": "charts", "namespace": room.space.name}
        await room.space.apply({**body, "spec": {"type": "oci", "url": registry.url("charts"), "interval": "1h"}})
        yield Signed(room, charts, registry)


@pytest.fixture(name="cosigner", scope="module")
def cosigner_fixture() -> Cosigner:
    return Cosigner(ec.generate_private_key(ec.SECP256R1()))


async def test_a_chart_that_is_signed_is_stored_and_looked_at_once(signed: Signed, cosigner: Cosigner) -> None:
    await signed.sign(await signed.push("1.0.0"), cosigner)
    await signed.trust(cosigner)
    await signed.apply("1.0.0", verify=KEYED)
    async with signed.room.controller():
        seen = await signed.charts.see_version("1.0.0")
        told = ("True", "Succeeded", "verified signature of version 1.0.0")
        assert conditions(seen)["SourceVerified"] == told
        since = signed.asked_for_signatures()
        signed.room.writes.clear()
        await signed.charts.ask()
    assert (since, signed.asked_for_signatures()) == (1, 1)
    await signed.room.see_writes("PATCH helmcharts")


async def test_one_that_is_not_leaves_the_package_that_is_there_until_it_is(signed: Signed, cosigner: Cosigner) -> None:
    await signed.sign(await signed.push("1.0.0"), cosigner)
    await signed.trust(cosigner)
    await signed.apply("1.x", verify=KEYED)
    async with signed.room.controller():
        await signed.charts.see_version("1.0.0")
        unsigned = await signed.push("1.1.0")
        await signed.charts.ask()
        found = await signed.refused()
        message = found["Ready"][2]
        address = signed.registry.url(WEB)
        assert message.startswith(f"chart verification error: failed to verify {address}:1.1.0: no matching signatures")
        assert found["BuildFailed"] == ("True", "ChartVerificationError", message)
        assert found["SourceVerified"] == ("False", "VerificationError", message)
        assert f"Warning ChartVerificationError {message}" in await signed.room.events(2, "web")
        await signed.sign(unsigned, cosigner)
        seen = await signed.charts.see_version("1.1.0")
        assert "BuildFailed" not in conditions(seen)


async def test_when_what_was_not_signed_is_gone_again_all_is_as_it_was(signed: Signed, cosigner: Cosigner) -> None:
    await signed.sign(await signed.push("1.0.0"), cosigner)
    await signed.trust(cosigner)
    await signed.apply("1.x", verify=KEYED)
    async with signed.room.controller():
        await signed.charts.see_version("1.0.0")
        unsigned = await signed.push("1.1.0")
        await signed.charts.ask()
        await signed.refused()
        await signed.registry.remove(WEB, unsigned)
        seen = await signed.charts.see_ready()
    assert conditions(seen)["SourceVerified"] == ("True", "Succeeded", "verified signature of version 1.0.0")


async def test_what_is_fetched_is_what_was_verified_wherever_the_tag_leads_by_then(
    signed: Signed, cosigner: Cosigner
) -> None:
    digest = await signed.push("1.0.0", "signed")
    await signed.sign(digest, cosigner)
    await signed.trust(cosigner)
    await signed.apply("1.0.0", verify=KEYED)
    async with signed.room.controller():
        seen = await signed.charts.see_version("1.0.0")
        assert (await package(seen))["web/README.md"] == "signed"
    fetched = [each for each in signed.registry.requests() if each.startswith(f"GET /v2/{WEB}/manifests/")]
    assert f"GET /v2/{WEB}/manifests/{digest}" in fetched
    assert f"GET /v2/{WEB}/manifests/1.0.0" not in fetched


async def test_verification_that_is_asked_for_later_is_done_anew(signed: Signed, cosigner: Cosigner) -> None:
    digest = await signed.push("1.0.0")
    await signed.trust(cosigner)
    await signed.apply("1.0.0")
    async with signed.room.controller():
        await signed.charts.see_version("1.0.0")
        await signed.charts.spec(verify=KEYED)
        await signed.refused()
        await signed.sign(digest, cosigner)
        await signed.charts.see_ready()
        await signed.charts.spec(verify=None)
        seen = await signed.charts.see(
            lambda seen: seen["status"].get("observedGeneration") == seen["metadata"]["generation"]
        )
    assert "SourceVerified" not in conditions(seen)


async def test_a_chart_that_notation_signed_is_stored(signed: Signed) -> None:
    notary = Notary.new()
    digest = await signed.push("1.0.0")
    accept = {"Accept": "application/vnd.oci.image.manifest.v1+json"}
    found = await signed.registry.send("HEAD", f"{WEB}/manifests/{digest}", (200,), headers=accept)
    target = Target(media_type=accept["Accept"], digest=digest, size=int(found.headers["Content-Length"]))
    await registry_signing.add_envelope(signed.registry, WEB, digest, "application/cose", notary.cose(target))
    data = {"trustpolicy.json": notaries.policy().decode(), "ca.crt": notary.root.decode()}
    await signed.room.secret("notary", **data)
    await signed.apply("1.0.0", verify=NOTATION)
    async with signed.room.controller():
        seen = await signed.charts.see_version("1.0.0")
    assert conditions(seen)["SourceVerified"][0] == "True"


async def test_a_secret_that_is_missing_is_told(signed: Signed) -> None:
    await signed.push("1.0.0")
    await signed.apply("1.0.0", verify=KEYED)
    async with signed.room.controller():
        found = await signed.refused()
    text = "failed to verify the signature using provider 'cosign': secrets \"keys\" not found"
    assert found["SourceVerified"] == found["Ready"] == ("False", "VerificationError", text)
