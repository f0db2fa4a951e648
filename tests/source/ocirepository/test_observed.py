"""What real Flux was seen to make of some sixty specifications, ours makes of them too: conditions, events, status."""

import contextlib
import pathlib
import re
from typing import Any

import pytest
from tests.source.ocirepository.conftest import Shelf

from sluice import yamlio
from sluice.oci import manifests
from sluice.testing import registries as kit
from sluice.testing import spaces
from sluice.testing.git_tls import Authority
from sluice.testing.registries import Registry
from sluice.testing.registry_content import Blob, packed

pytestmark = pytest.mark.needs("git-http-backend", *kit.TOOLS)

OBSERVED: dict[str, dict[str, Any]] = yamlio.load(pathlib.Path(__file__).with_name("observed.yaml").read_text())
USERS = {"u": "s3cret"}
_DIGEST = re.compile(r"sha256:(?!0{64})[0-9a-f]{64}")


async def fill(shelf: Shelf, closed: Registry, tls: Registry, token: Registry) -> dict[str, str]:
    """Push and apply what the specifications name; and what stands for names of this run in what was seen."""
    plain = shelf.registry
    for tag in ("1.0.0", "1.1.0", "2.0.0-rc.1", "odd", "latest"):
        await plain.push("org/app", tag, {"a/cm.yaml": f"a: {tag}\n", "x.png": "p", "README.md": "r"})
    digest = await plain.push("org/app", "d", {"a": "d"})
    flux = manifests.FLUX_CONTENT
    text, second = Blob(media_type="text/plain", data=b"hello"), Blob(media_type=flux, data=packed({"cm.yaml": "2"}))
    await plain.push("org/app", "two", layers=[text, second])
    await plain.push("org/app", "none", layers=[])
    await plain.push("org/app", "evil", layers=[Blob(media_type=flux, data=packed({"../x": "1"}))])
    await plain.push("org/app", "nogz", layers=[Blob(media_type=flux, data=b"hello, no gzip")])
    metadata = {"name": "app", "version": "1.2.3+b"}
    await plain.push_chart("charts/app", "1.2.3_b", packed({"app/Chart.yaml": "name: app"}), metadata=metadata)
    for registry in (closed, tls, token):
        await registry.push("org/app", "latest", {"a": "b"})
    await apply(shelf, closed, token)
    assert token.tokens is not None
    hosts = {"PLAIN": plain.host, "CLOSED": closed.host, "TLS": tls.host, "TOKENS": token.tokens.url}
    names = {**hosts, "TOKEN": token.host, "NAMESPACE": shelf.space.name, "DIGEST": digest}
    return {**names, "registry.example:PORT": "registry.example:5000"}


async def apply(shelf: Shelf, closed: Registry, token: Registry) -> None:
    await shelf.pull_secret("good", closed.docker_config("u"))
    await shelf.pull_secret("wrong", closed.docker_config("u", password="s3crex"))
    await shelf.pull_secret("tok", token.docker_config("u"))
    await shelf.pull_secret("tokwrong", token.docker_config("u", password="bad"))
    await shelf.pull_secret("broken", '{"auths":{"x":{"auth":"bm9jb2xvbg=="}}}')
    await shelf.secret("opaque", username="u", password="p")
    await shelf.secret("badca", **{"ca.crt": "nonsense"})
    await shelf.secret("noca", x="nonsense")
    await shelf.secret("half", **{"tls.crt": Authority().issue("c").certificate.decode()})
    await shelf.secret("proxy", x="y")
    await shelf.secret("proxybad", address="ftp://x")
    await shelf.secret("proxydead", address="http://127.0.0.1:1")
    await shelf.account("puller", "good")
    await shelf.account("lost", "nothing")
    await shelf.account("bare")


def replaced(value: Any, names: dict[str, str]) -> Any:
    """With each of the names in its place."""
    if isinstance(value, dict):
        return {key: replaced(each, names) for key, each in value.items()}
    if isinstance(value, list):
        return [replaced(each, names) for each in value]
    if isinstance(value, str):
        for name, meant in names.items():
            value = value.replace(name, meant)
    return value


def told(value: Any, names: dict[str, str]) -> Any:
    """With what was seen to stand there in the place of this run's own names and digests."""
    back = replaced(value, {meant: name for name, meant in names.items()})
    return yamlio.load(_DIGEST.sub("<digest>", yamlio.dump(back)))


def expected(case: dict[str, Any]) -> dict[str, Any]:
    """What Flux was seen to say, but for what is meant to be said otherwise."""
    theirs = {"conditions": sorted(case["conditions"]), "events": sorted(case["events"]), "status": case["status"]}
    return dict(replaced(theirs, case.get("instead", {})))


async def seen(shelf: Shelf, name: str, events: int) -> dict[str, Any]:
    """What ours says."""
    status = (await shelf.get(name))["status"]
    conditions = [f"{c['type']}={c['status']} {c['reason']}: {c['message']}" for c in status.pop("conditions")]
    if "artifact" in status:
        kept = ("revision", "path", "metadata")
        status["artifact"] = {key: value for key, value in status["artifact"].items() if key in kept}
    return {"conditions": sorted(conditions), "events": sorted(await shelf.events(events, name)), "status": status}


async def test_every_specification_comes_to_what_it_comes_to_with_flux(shelf: Shelf) -> None:
    authority = Authority()
    async with contextlib.AsyncExitStack() as stack:
        closed = await stack.enter_async_context(Registry(users=USERS))
        tls = await stack.enter_async_context(Registry(authority=authority))
        token = await stack.enter_async_context(Registry(users=USERS, tokens=True))
        names = await fill(shelf, closed, tls, token)
        await shelf.secret("ca", **{"ca.crt": authority.certificate.decode()})
        for name, case in OBSERVED.items():
            await shelf.source(name, **replaced(case["spec"], names))
        flags = ("--storage-adv-addr=ARTIFACTS", "--min-retry-delay=1m", "--max-retry-delay=1m")
        await stack.enter_async_context(shelf.controller(*flags))
        for name in OBSERVED:
            await shelf.see(lambda found: spaces.ready(found).get("status") in ("True", "False"), name)

        names["<digest>"] = names.pop("DIGEST")
        found = {name: told(await seen(shelf, name, len(case["events"])), names) for name, case in OBSERVED.items()}
    assert found == {name: expected(case) for name, case in OBSERVED.items()}
