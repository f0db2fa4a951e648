"""Keys that somebody else keeps: asked through their SDKs, with the credentials of the Secret."""

from __future__ import annotations

import base64
import http.server
import json
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from sluice import sops
from sluice.sops import rings
from sluice.sops.keys import azure, gcp, vault
from sluice.sops.metadata import Entry, Metadata

DATA_KEY = b"k" * 32
LENDER = sops.Lender(sops.Keys())


class FakeVault(http.server.ThreadingHTTPServer):
    """Answers one path for one token, and sends who asks another path elsewhere."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), FakeVaultHandler)
        self.asked: list[tuple[str, Any]] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class FakeVaultHandler(http.server.BaseHTTPRequestHandler):
    server: FakeVault

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append((self.path, json.loads(body)))
        if self.path.startswith("/v1/elsewhere"):
            self.send_response(307)
            self.send_header("Location", f"{self.server.address}/v1/transit/decrypt/k")
            self.end_headers()
            return
        allowed = self.headers["X-Vault-Token"] == "token"
        self.send_response(200 if allowed else 403)
        self.end_headers()
        found = {"data": {"plaintext": base64.b64encode(DATA_KEY).decode()}}
        self.wfile.write(json.dumps(found if allowed else {"errors": ["permission denied"]}).encode())

    do_PUT = do_POST  # noqa: N815 - the name that http.server looks for

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def server() -> Iterator[FakeVault]:
    with FakeVault() as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def in_vault(address: str, engine: str = "transit") -> Entry:
    return Entry(
        kind="hc_vault",
        enc="vault:v1:abc",
        fields={"vault_address": address, "engine_path": engine, "key_name": "k"},
    )


def test_vault_is_asked_at_the_address_and_engine_of_the_document(server: FakeVault) -> None:
    assert vault.service(b"token\n", LENDER).decrypt(in_vault(server.address, "my/transit")) == DATA_KEY
    assert server.asked == [("/v1/my/transit/decrypt/k", {"ciphertext": "vault:v1:abc"})]


def test_a_token_that_vault_refuses_opens_nothing_and_is_not_shown(server: FakeVault) -> None:
    with pytest.raises(sops.KeyUnavailable, match="Forbidden") as caught:
        vault.service(b"wrong-token", LENDER).decrypt(in_vault(server.address))
    assert "wrong-token" not in str(caught.value)


def test_a_token_does_not_follow_a_redirect(server: FakeVault) -> None:
    with pytest.raises(sops.KeyUnavailable):
        vault.service(b"token", LENDER).decrypt(in_vault(server.address, "elsewhere"))
    assert [path for path, _ in server.asked] == ["/v1/elsewhere/decrypt/k"]


def test_the_controllers_own_token_is_shown_to_its_own_vault_alone(server: FakeVault) -> None:
    own = vault.Vault(None, {"VAULT_TOKEN": "token", "VAULT_ADDR": server.address + "/"}, LENDER)
    assert own.decrypt(in_vault(server.address)) == DATA_KEY
    for environment in ({"VAULT_TOKEN": "token"}, {"VAULT_TOKEN": "token", "VAULT_ADDR": "http://vault.example"}):
        with pytest.raises(sops.KeyUnavailable, match="nor a VAULT_TOKEN"):
            vault.Vault(None, environment, LENDER).decrypt(in_vault(server.address))
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("library", "keeper", "entry"),
    [
        ("google.cloud", gcp.GCP(None, LENDER), {"resource_id": "projects/p"}),
        ("azure", azure.Azure(None, LENDER), {"vault_url": "https://v.example", "name": "n"}),
        ("hvac", vault.Vault("token", {}, LENDER), {"vault_address": "http://v.example", "key_name": "n"}),
    ],
)
def test_a_missing_library_is_named_by_the_extra_that_brings_it(
    library: str, keeper: rings.KeyService, entry: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    kinds = {"google.cloud": "gcp_kms", "azure": "azure_kv", "hvac": "hc_vault"}
    with pytest.raises(sops.InvalidKey, match="needs the extra"):
        keeper.decrypt(Entry(kind=kinds[library], enc="AA==", fields=entry))


@pytest.mark.parametrize("credentials", [b'{"type": "external_account"}', b"[", b'"x"', b"{}"])
def test_google_credentials_that_could_name_files_of_the_controller_are_refused(credentials: bytes) -> None:
    with pytest.raises(sops.InvalidKey, match=r"sops\.gcp-kms"):
        gcp.service(credentials, LENDER)


class Counting:
    """A key service that notes how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def decrypt(self, entry: Entry) -> bytes:
        self.asked += 1
        if entry.enc == "gone":
            raise sops.KeyUnavailable("it is gone")
        return DATA_KEY


def notes(*encs: str) -> Metadata:
    entries = tuple(Entry(kind="kms", enc=enc, fields={"arn": f"arn:{enc}"}) for enc in encs)
    return Metadata(mac="", modified="", groups=(entries,), threshold=1, rule="encrypted_regex", pattern="")


def test_a_key_service_is_asked_once_for_a_data_key_and_the_next_key_when_one_is_gone() -> None:
    keeper, cache = Counting(), sops.DataKeys()
    ring = sops.Ring({"kms": keeper}, holder=b"mine", cache=cache)
    assert ring.data_key(notes("gone", "here")) == DATA_KEY
    assert keeper.asked == 2
    assert ring.data_key(notes("here")) == DATA_KEY
    assert keeper.asked == 2
    with pytest.raises(sops.KeyUnavailable, match="kms key arn:gone: it is gone"):
        ring.data_key(notes("gone"))


def test_data_keys_are_kept_up_to_a_bound() -> None:
    cache = sops.DataKeys(most=2)
    entries = [Entry(kind="kms", enc=str(at), fields={}) for at in range(3)]
    for entry in entries:
        cache.put(b"mine", entry, DATA_KEY)
    assert [cache.get(b"mine", entry) for entry in entries] == [None, DATA_KEY, DATA_KEY]


def test_a_context_that_differs_is_another_data_key() -> None:
    cache = sops.DataKeys()
    cache.put(b"mine", Entry(kind="kms", enc="x", fields={"context": {"a": "1"}}), DATA_KEY)
    assert cache.get(b"mine", Entry(kind="kms", enc="x", fields={"context": {"a": "2"}})) is None
