"""The Sigstore of who names none: looked up once for all, seldom, and kept when its servers are away."""

import asyncio
import pathlib

import pytest

from sluice.aio import clocks
from sluice.signatures.cosign import verifying
from sluice.signatures.cosign.identities import Identity
from sluice.signatures.cosign.keyless import Sigstore as Trusted
from sluice.signatures.cosign.verifying import Keyless
from sluice.signatures.errors import SignatureError
from sluice.testing.sigstores import Sigstore
from sluice_controllers.source.verification import publicgood
from sluice_controllers.source.verification.publicgood import PublicSigstore
from sluice_controllers.source.verification.trusts import TrustError

DIGEST = "sha256:" + "a" * 64
MINUTE = 60.0
DAY = 24 * 60 * MINUTE


class Servers:
    """Gives what it is told to give, and counts."""

    def __init__(self) -> None:
        self.answer: bytes | None = None
        self.asked = 0

    async def fetch(self) -> bytes:
        self.asked += 1
        await asyncio.sleep(0)
        if self.answer is None:
            raise TrustError("nobody there")
        return self.answer


@pytest.fixture
def servers() -> Servers:
    return Servers()


@pytest.fixture
def clock() -> clocks.VirtualClock:
    return clocks.VirtualClock()


async def test_the_root_is_looked_up_once_for_all_who_need_it(servers: Servers, clock: clocks.VirtualClock) -> None:
    servers.answer = b"root"
    public = PublicSigstore(servers.fetch, clock)
    assert servers.asked == 0
    assert await asyncio.gather(*(public.root() for _ in range(10))) == [b"root"] * 10
    assert servers.asked == 1
    await clock.advance(DAY)
    servers.answer = b"newer"
    assert await public.root() == b"newer"


async def test_servers_that_are_away_are_asked_once_a_minute(servers: Servers, clock: clocks.VirtualClock) -> None:
    public = PublicSigstore(servers.fetch, clock)
    for _ in range(5):
        with pytest.raises(TrustError, match=r"^unable to initialize trusted root: nobody there$"):
            await public.root()
    assert servers.asked == 1
    servers.answer = b"root"
    await clock.advance(MINUTE)
    assert await public.root() == b"root"


async def test_what_was_had_serves_on_when_they_are_away(servers: Servers, clock: clocks.VirtualClock) -> None:
    servers.answer = b"root"
    public = PublicSigstore(servers.fetch, clock)
    await public.root()
    servers.answer = None
    await clock.advance(DAY)
    assert await public.root() == b"root"


def test_the_root_that_came_with_the_library_is_one_and_knows_nobody_else(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, "set by the worker, which this is not")
    root = publicgood.fetched(tmp_path, offline=True)
    Trusted(root, ())
    assert {path.name for path in tmp_path.rglob("*.json")} == {"trusted_root.json", "signing_config.v0.2.json"}
    stranger = Sigstore.new().login("me@example.com", "https://login.example.com")
    with pytest.raises(SignatureError, match="no matching signatures"):
        verifying.bundles(
            [stranger.bundle(DIGEST)], DIGEST, Keyless(root=root, identities=(Identity(issuer="", subject=""),))
        )
