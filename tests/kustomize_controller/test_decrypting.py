"""What is encrypted with SOPS in the repository is applied in the open, and never written to a disk on the way."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from tests.kustomize_controller.conftest import Space, condition

from sluice import sops, yamlio
from sluice.testing import sops as sealing
from sluice.testing.sops import Sealer

WATCHED = {"reconcile.fluxcd.io/watch": "Enabled"}
KUSTOMIZATION = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}


@pytest.fixture
def key() -> tuple[str, str]:
    """An age identity and its recipient."""
    return sealing.age_key()


def secret(name: str, labels: dict[str, str] | None = None, **data: str) -> dict[str, Any]:
    meta = {"name": name, "labels": labels or {}}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "stringData": data}


def sealed(obj: dict[str, Any], recipient: str) -> str:
    sealer = Sealer(groups=[[recipient]], rule="encrypted_regex", pattern="^(data|stringData)$")
    return sealer.seal(yamlio.dump(obj).encode(), sops.Format.YAML).decode()


def sealed_text(text: str, form: sops.Format, recipient: str) -> str:
    return Sealer(groups=[[recipient]]).seal(text.encode(), form).decode()


async def keep_keys(space: Space, key: tuple[str, str], name: str = "keys", **labels: str) -> None:
    body = secret(name, labels, **{"mine.agekey": key[0]})
    body["metadata"]["namespace"] = space.namespace
    await space.apply(body)


async def data(space: Space, name: str) -> dict[str, str]:
    found = await space.get("Secret", name)
    assert found is not None
    return {key: base64.b64decode(value).decode() for key, value in found["data"].items()}


def decryption(name: str = "keys") -> dict[str, Any]:
    return {"provider": "sops", "secretRef": {"name": name}}


async def test_an_encrypted_secret_is_applied_decrypted_with_what_the_build_adds(
    space: Space, key: tuple[str, str]
) -> None:
    await keep_keys(space, key)
    async with space.controller():
        await space.kustomization(decryption=decryption(), namePrefix="my-", postBuild={"substitute": {"who": "you"}})
        revision = await space.commit({"s.yaml": sealed(secret("s", a="hello ${who}"), key[1])})
        await space.see_applied(revision)
        assert await data(space, "my-s") == {"a": "hello you"}


async def test_files_of_generators_and_patches_are_decrypted_in_bases_and_components(
    space: Space, key: tuple[str, str]
) -> None:
    await keep_keys(space, key)
    generator = {"name": "gen", "files": ["a.json", "plain.txt", "my.ini=odd", "blob.bin"], "envs": ["x.env", "vars"]}
    component = {**KUSTOMIZATION, "apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component"}
    patch = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "gen"}, "stringData": {"patched": "yes"}}
    async with space.controller():
        await space.kustomization(decryption=decryption())
        revision = await space.commit(
            {
                "kustomization.yaml": {**KUSTOMIZATION, "resources": ["base"], "components": ["component"]},
                "component/kustomization.yaml": {**component, "patches": [{"path": "patch.yaml"}]},
                "component/patch.yaml": sealed(patch, key[1]),
                "base/kustomization.yaml": {
                    **KUSTOMIZATION,
                    "secretGenerator": [generator],
                    "generatorOptions": {"disableNameSuffixHash": True},
                },
                "base/a.json": sealed_text('{"a": 1}', sops.Format.JSON, key[1]),
                "base/plain.txt": "not encrypted",
                "base/odd": sealed_text("[one]\na = b\n", sops.Format.INI, key[1]),
                "base/blob.bin": sealed_text("any bytes", sops.Format.BINARY, key[1]),
                "base/x.env": sealed_text("X=1\n", sops.Format.DOTENV, key[1]),
                "base/vars": sealed_text("Y=2\n", sops.Format.DOTENV, key[1]),
            }
        )
        await space.see_applied(revision)
        assert await data(space, "gen") == {
            "a.json": '{\n\t"a": 1\n}\n',
            "plain.txt": "not encrypted",
            "my.ini": "[one]\na = b\n",
            "blob.bin": "any bytes",
            "X": "1",
            "Y": "2",
            "patched": "yes",
        }


async def test_a_value_that_is_an_encrypted_document_itself_is_decrypted(space: Space, key: tuple[str, str]) -> None:
    await keep_keys(space, key)
    inner = base64.b64encode(sealed_text("a: 1\n", sops.Format.YAML, key[1]).encode()).decode()
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"x.yaml": inner, "b": "Yg=="}}
    async with space.controller():
        await space.kustomization(decryption=decryption())
        await space.see_applied(await space.commit({"s.yaml": body}))
        assert await data(space, "s") == {"x.yaml": "a: 1\n", "b": "b"}


async def test_who_names_no_secret_uses_the_age_keys_of_the_controller(space: Space, key: tuple[str, str]) -> None:
    await keep_keys(space, key, "everyone")
    async with space.controller("--sops-age-secret=everyone"):
        await space.kustomization(decryption={"provider": "sops"})
        await space.see_applied(await space.commit({"s.yaml": sealed(secret("s", a="x"), key[1])}))
        assert await data(space, "s") == {"a": "x"}


async def test_keys_that_are_missing_fail_the_build_in_fluxs_words_until_they_come(
    space: Space, key: tuple[str, str]
) -> None:
    async with space.controller():
        await space.kustomization(decryption=decryption())
        revision = await space.commit({"s.yaml": sealed(secret("s", a="x"), key[1])})
        app = await space.see_ready("False", "BuildFailed")
        assert condition(app)["message"] == 'secrets "keys" not found'
        assert condition(app, "Reconciling")["message"].startswith("Building manifests for revision")
        await keep_keys(space, key, **WATCHED)
        await space.see_applied(revision)


async def test_a_key_that_does_not_fit_is_told_by_file_kind_and_recipient_and_by_nothing_secret(
    space: Space, key: tuple[str, str]
) -> None:
    other = sealing.age_key()
    await keep_keys(space, other)
    async with space.controller():
        await space.kustomization(decryption=decryption())
        await space.commit({"s.yaml": sealed(secret("s", a="geheim"), key[1])})
        message = condition(await space.see_ready("False", "BuildFailed"))["message"]
        assert "decryption failed for 'Secret.v1.[noGrp]/s'" in message
        assert f"age key {key[1]}: no age identity at hand opens it" in message
        await space.commit(
            {
                "kustomization.yaml": {**KUSTOMIZATION, "secretGenerator": [{"name": "g", "files": ["a/b.env"]}]},
                "a/b.env": sealed_text("A=geheim\n", sops.Format.DOTENV, key[1]),
            },
            remove=("s.yaml",),
        )
        app = await space.see(lambda obj: "error decrypting sources: a/b.env" in condition(obj).get("message", ""))
        shown = str(app) + str(await space.events(2))
        assert key[1] in shown
        assert not [text for text in ("geheim", "AGE-SECRET", "ENC[", "BEGIN AGE") if text in shown]


async def test_an_object_that_opts_out_is_applied_as_it_is(space: Space, key: tuple[str, str]) -> None:
    await keep_keys(space, key)
    body = secret("s", a="x")
    body["metadata"]["annotations"] = {"kustomize.toolkit.fluxcd.io/decrypt": "Disabled"}
    async with space.controller():
        await space.kustomization(decryption=decryption())
        await space.see_applied(await space.commit({"s.yaml": sealed(body, key[1])}))
        assert (await data(space, "s"))["a"].startswith("ENC[AES256_GCM,")


async def test_a_file_that_was_changed_after_it_was_encrypted_is_applied_with_a_warning(
    space: Space, key: tuple[str, str]
) -> None:
    await keep_keys(space, key)
    text = sealed_text("A=1\nB=2\n", sops.Format.DOTENV, key[1])
    stale = "\n".join(line for line in text.split("\n") if not line.startswith("B="))
    kustomization = {
        **KUSTOMIZATION,
        "secretGenerator": [{"name": "g", "envs": ["x.env"]}],
        "generatorOptions": {"disableNameSuffixHash": True},
    }
    async with space.controller():
        await space.kustomization(decryption=decryption())
        await space.see_applied(await space.commit({"kustomization.yaml": kustomization, "x.env": stale}))
        assert await data(space, "g") == {"A": "1"}
        told = [event for event in await space.events(3) if "MacMismatch" in event]
        assert told == ["Warning MacMismatch changed after it was encrypted, as the MAC of SOPS does not match: x.env"]


def found_on_disk(space: Space, text: str) -> list[str]:
    """Files below all folders of the test that hold a text."""
    files = (path for path in space.scratch.rglob("*") if path.is_file())
    return [str(path) for path in files if text.encode() in path.read_bytes()]


async def test_plaintext_and_keys_are_on_no_disk(space: Space, key: tuple[str, str]) -> None:
    await keep_keys(space, key)
    marker = "plaintext-that-must-stay-in-memory"
    kustomization = {**KUSTOMIZATION, "secretGenerator": [{"name": "g", "envs": ["x.env"]}], "resources": ["s.yaml"]}
    async with space.controller():
        await space.kustomization(decryption=decryption())
        revision = await space.commit(
            {
                "kustomization.yaml": kustomization,
                "s.yaml": sealed(secret("s", a=marker), key[1]),
                "x.env": sealed_text(f"A={marker}\n", sops.Format.DOTENV, key[1]),
            }
        )
        await space.see_applied(revision)
        assert found_on_disk(space, "Secret"), "the artifact is unpacked below this folder"
        assert not found_on_disk(space, marker)
        assert not found_on_disk(space, key[0])


async def test_an_account_to_decrypt_as_needs_the_gate(space: Space) -> None:
    wish = {"provider": "sops", "serviceAccountName": "decryptor"}
    async with space.controller():
        await space.kustomization(decryption=wish)
        app = await space.see_ready("False", "FeatureGateDisabled")
        assert condition(app, "Stalled")["status"] == "True"
        assert app["status"]["observedGeneration"] == -1  # as with Flux: only an expression that is none counts as seen
        assert "ObjectLevelWorkloadIdentity" in condition(app)["message"]
