"""Encrypted documents opened; the test kit makes them, with keys of the test, as the sops command does."""

from __future__ import annotations

import json
import pickle
import time
from typing import Any

import pytest

from sluice import sops, yamlio
from sluice.sops import Format, values
from sluice.testing import sops as sealing
from sluice.testing.sops import Sealer

SECRET = "geheim"
YAML = f"""apiVersion: v1
kind: Secret
# about the name
metadata:
    name: s # inline
data:
    # about a
    a: {SECRET}
    number: 5
    float: 1.5
    flag: true
    nothing: null
    empty: ""
    text: |
        one
        two
    list:
        - x
        # about y
        - 2
        - k: v
          w:
            - deep
"""
DOCUMENTS = {
    Format.YAML: YAML,
    Format.JSON: json.dumps({"a": SECRET, "b": [1, 2.5, True, None, {"c": {}}]}, indent="\t") + "\n",
    Format.DOTENV: f"# about\nA={SECRET}\nB=one\\ntwo\nC=\n",
    Format.INI: f"top = 1\n\n[one]\n; about\na      = {SECRET}\nlonger = `x;y`\n",
    Format.BINARY: bytes(range(256)).decode("latin-1"),
}


def content(form: Format) -> bytes:
    return DOCUMENTS[form].encode("latin-1" if form is Format.BINARY else "utf-8")


@pytest.fixture
def keys() -> tuple[str, str]:
    return sealing.age_key()


def ring(*identities: str) -> sops.Ring:
    data = {f"{at}.agekey": f"# a key\n{each}\n".encode() for at, each in enumerate(identities)}
    return sops.ring_of(sops.Keys(data=data, source="Secret 'x/y'"), sops.DataKeys())


def opened(sealed: bytes, form: Format, identity: str) -> tuple[bytes, bool]:
    document = sops.decrypt(sealed, form, ring(identity))
    return sops.emitted(document.branches, form), document.intact


@pytest.mark.parametrize("form", list(Format))
def test_every_format_is_opened_as_it_was_before(form: Format, keys: tuple[str, str]) -> None:
    sealed = Sealer(groups=[[keys[1]]]).seal(content(form), form)
    assert SECRET.encode() not in sealed
    found, intact = opened(sealed, form, keys[0])
    # What was beside a value stands above it afterwards, as with sops.
    expected = content(form).replace(b"    name: s # inline\n", b"    # inline\n    name: s\n")
    assert found == expected
    assert intact


@pytest.mark.parametrize(
    ("rule", "pattern", "open_", "closed"),
    [
        ("encrypted_regex", "^(data|stringData)$", "name: s", SECRET),
        ("unencrypted_regex", r"^(metadata|kind|apiVersion)\z", "name: s", SECRET),
        ("encrypted_suffix", "ta", "kind: Secret", SECRET),
        ("unencrypted_suffix", "ta", SECRET, "kind: Secret"),
        ("encrypted_comment_regex", "about a", "name: s", SECRET),
        ("unencrypted_comment_regex", "about the", "name: s", SECRET),
    ],
)
@pytest.mark.parametrize("only", [False, True])
def test_what_a_rule_leaves_open_stays_open(
    rule: str, pattern: str, open_: str, closed: str, only: bool, keys: tuple[str, str]
) -> None:
    sealer = Sealer(groups=[[keys[1]]], rule=rule, pattern=pattern, mac_only_encrypted=only)
    sealed = sealer.seal(content(Format.YAML), Format.YAML)
    assert open_.encode() in sealed
    assert closed.encode() not in sealed
    found, intact = opened(sealed, Format.YAML, keys[0])
    assert yamlio.load(found) == yamlio.load(YAML)
    assert intact


def test_any_key_of_a_group_opens_it_and_every_group_must_give_its_part() -> None:
    made = [sealing.age_key() for _ in range(5)]
    groups = [[made[0][1], made[1][1]], [made[2][1]], [made[3][1], made[4][1]]]
    sealed = Sealer(groups=groups).seal(b"a: 1\n", Format.YAML)
    document = sops.decrypt(sealed, Format.YAML, ring(made[1][0], made[2][0], made[4][0]))
    assert document.intact
    with pytest.raises(sops.KeyUnavailable, match=made[2][1]):
        sops.decrypt(sealed, Format.YAML, ring(made[1][0], made[4][0]))


def test_a_document_that_was_changed_is_told_by_its_mac(keys: tuple[str, str]) -> None:
    sealer = Sealer(groups=[[keys[1]]], rule="encrypted_regex", pattern="^data$")
    sealed = sealer.seal(content(Format.YAML), Format.YAML).replace(b"kind: Secret", b"kind: Other")
    document = sops.decrypt(sealed, Format.YAML, ring(keys[0]))
    assert not document.intact
    with pytest.raises(sops.MacMismatch):
        document.verify()


def test_a_value_that_was_moved_to_another_place_is_refused(keys: tuple[str, str]) -> None:
    sealed = yamlio.load(Sealer(groups=[[keys[1]]]).seal(b"a: one\nb: two\n", Format.YAML))
    sealed["a"], sealed["b"] = sealed["b"], sealed["a"]
    with pytest.raises(sops.InvalidDocument, match="a: could not decrypt") as caught:
        sops.decrypt(yamlio.dump(sealed).encode(), Format.YAML, ring(keys[0]))
    assert "ENC[" not in str(caught.value)


def test_a_value_in_the_open_that_should_be_encrypted_is_refused_without_being_shown(keys: tuple[str, str]) -> None:
    sealed = Sealer(groups=[[keys[1]]]).seal(b"a: one\n", Format.YAML) + b"extra: " + SECRET.encode() + b"\n"
    with pytest.raises(sops.InvalidDocument, match="extra") as caught:
        sops.decrypt(sealed, Format.YAML, ring(keys[0]))
    assert SECRET not in str(caught.value)


def test_an_object_is_opened_after_a_build_has_added_to_it(keys: tuple[str, str]) -> None:
    sealer = Sealer(groups=[[keys[1]]], rule="encrypted_regex", pattern="^data$")
    sealed: dict[str, Any] = yamlio.load(sealer.seal(content(Format.YAML), Format.YAML))
    sealed["metadata"]["labels"] = {"added": "by a build"}
    found = sops.decrypt_object(sealed, ring(keys[0]))
    expected = yamlio.load(YAML)
    expected["metadata"]["labels"] = {"added": "by a build"}
    assert found == expected


def test_where_comments_are_lost_the_values_themselves_tell_whether_they_are_encrypted(keys: tuple[str, str]) -> None:
    sealer = Sealer(groups=[[keys[1]]], rule="encrypted_comment_regex", pattern="about a")
    sealed: dict[str, Any] = yamlio.load(sealer.seal(content(Format.YAML), Format.YAML))
    assert sops.decrypt_object(sealed, ring(keys[0])) == yamlio.load(YAML)


def test_what_one_holder_of_keys_has_opened_is_closed_to_another(keys: tuple[str, str]) -> None:
    cache = sops.DataKeys()
    sealed = Sealer(groups=[[keys[1]]]).seal(b"a: one\n", Format.YAML)
    mine = sops.Keys(data={"a.agekey": keys[0].encode()})
    theirs = sops.Keys(data={"a.agekey": sealing.age_key()[0].encode()})
    assert sops.decrypt(sealed, Format.YAML, sops.ring_of(mine, cache)).intact
    with pytest.raises(sops.KeyUnavailable, match=keys[1]):
        sops.decrypt(sealed, Format.YAML, sops.ring_of(theirs, cache))


def test_keys_are_in_no_text_of_what_holds_them_and_survive_the_way_to_a_worker(keys: tuple[str, str]) -> None:
    held = sops.Keys(data={"a.agekey": keys[0].encode()})
    assert keys[0] not in repr(held)
    assert pickle.loads(pickle.dumps(held)) == held


@pytest.mark.parametrize(
    ("name", "value"),
    [("a.agekey", b"AGE-SECRET-KEY-1NONSENSE"), ("a.agekey", b"password"), ("a.asc", b"-----BEGIN PGP nonsense")],
)
def test_a_key_that_cannot_be_read_is_named_and_not_shown(name: str, value: bytes) -> None:
    with pytest.raises(sops.InvalidKey, match=f"failed to import '{name}' data from Secret 'x/y'") as caught:
        sops.ring_of(sops.Keys(data={name: value}, source="Secret 'x/y'"), sops.DataKeys())
    assert value.decode() not in str(caught.value)


@pytest.mark.parametrize(
    ("form", "text", "reason"),
    [
        (Format.YAML, "a: 1\n", "metadata not found"),
        (Format.YAML, "a: 1\nsops: 5\n", "metadata not found"),
        (Format.YAML, "a: 1\nsops: {mac: x}\n", "no keys"),
        (Format.YAML, "- a\n", "no mapping"),
        (Format.YAML, "a: *b\n", "alias"),
        (Format.YAML, "a: 1\na: 2\n", "already defined"),
        (Format.YAML, "a: &a " + "x" * 1_000_000 + "\nb: [" + "*a, " * 1000 + "]\n", "more than"),
        (Format.YAML, "a: [" * 300, "depth"),
        (Format.JSON, "[1]", "top-level object"),
        (Format.JSON, '{"a": ' * 3000, "not JSON"),
        (Format.JSON, '{"sops": ' * 900 + "1" + "}" * 900, "nested too deeply|metadata not found|no keys"),
        (Format.JSON, '{"a": ' + "9" * 5000 + "}", "not JSON"),
        (Format.JSON, '{"a": ' + "9" * 400 + "}", "metadata not found"),
        (Format.DOTENV, "a", "line 1"),
        (Format.DOTENV, "sops_age__list_7__map_enc=x", "holes"),
        (Format.INI, "[a", "unclosed"),
        (Format.INI, "a", "no pair"),
        (Format.BINARY, "x", "not JSON"),
        (Format.BINARY, "x" * ((5 << 20) + 1), "exceeding limit"),
    ],
)
def test_what_is_no_document_of_sops_is_refused(form: Format, text: str, reason: str) -> None:
    with pytest.raises(sops.InvalidDocument, match=reason):
        sops.decrypt(text.encode(), form, ring())


def test_no_expression_of_a_document_can_hang_who_opens_it(keys: tuple[str, str]) -> None:
    sealer = Sealer(groups=[[keys[1]]], rule="unencrypted_regex", pattern="^(a+)+$")
    text = f"{'a' * 60}b: one\n".encode()
    assert opened(sealer.seal(text, Format.YAML), Format.YAML, keys[0]) == (text, True)
    with pytest.raises(sops.InvalidDocument, match="regular expression"):
        Sealer(groups=[[keys[1]]], rule="encrypted_regex", pattern="(").seal(text, Format.YAML)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (Format.INI, "".join(f"k{at}=v\n" for at in range(300_000))),
        (Format.INI, "# c\n" * 1_000_000),
        (Format.DOTENV, "#c\n" * 1_000_000 + "sops_mac=x"),
        (Format.YAML, "#c\n" * 1_000_000 + "a: 1"),
        (Format.YAML, "a: ENC[AES256_GCM,data:" + ",iv:" * 1_000_000),
    ],
    ids=["names", "comments", "comments of dotenv", "comments of YAML", "almost a value"],
)
def test_what_is_made_to_take_long_takes_not_much_longer_than_its_size(form: Format, text: str) -> None:
    started = time.process_time()
    with pytest.raises(sops.InvalidDocument):
        sops.decrypt(text.encode(), form, ring())
    assert time.process_time() - started < 20


def test_an_almost_encrypted_value_is_recognised_as_none_at_once() -> None:
    assert not values.is_encrypted("ENC[AES256_GCM,data:" + ",iv:x" * 1_000_000)


def test_aliases_do_not_grow_beyond_a_bound() -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{chr(98 + at)}: &{chr(98 + at)} [{', '.join([f'*{chr(97 + at)}'] * 9)}]\n" for at in range(8)
    )
    with pytest.raises(sops.InvalidDocument, match="more than"):
        sops.decrypt(bomb.encode(), Format.YAML, ring())


def test_openpgp_keys_open_documents(keys: tuple[str, str]) -> None:
    sequoia = pytest.importorskip("pysequoia")
    key = sequoia.Tsk.generate(user_id="a test <test@example.com>")
    sealed: dict[str, Any] = yamlio.load(Sealer(groups=[[keys[1]]]).seal(b"a: one\n", Format.YAML))
    data_key = ring(keys[0]).data_key(_notes(sealed))
    message = sequoia.encrypt(recipients=[key.extract_certificate()], bytes=data_key).decode()
    sealed["sops"]["pgp"] = [{"fp": key.extract_certificate().fingerprint, "enc": message, "created_at": ""}]
    del sealed["sops"]["age"]
    text = yamlio.dump(sealed).encode()
    held = sops.ring_of(sops.Keys(data={"a.asc": bytes(key)}), sops.DataKeys())
    assert sops.decrypt(text, Format.YAML, held).intact
    other = sequoia.Tsk.generate(user_id="another")
    with pytest.raises(sops.KeyUnavailable, match=key.extract_certificate().fingerprint):
        sops.decrypt(text, Format.YAML, sops.ring_of(sops.Keys(data={"a.asc": bytes(other)}), sops.DataKeys()))


def _notes(sealed: dict[str, Any]) -> Any:
    from sluice.sops import metadata

    return metadata.read(sealed["sops"])


def test_a_comment_that_was_written_as_an_item_of_a_list_is_a_comment_again(keys: tuple[str, str]) -> None:
    sealed = Sealer(groups=[[keys[1]]]).seal(b"list:\n    - x\n    # about z\n    - z\n", Format.YAML)
    as_item = sealed.replace(b"#ENC[", b"- ENC[")
    assert as_item != sealed
    assert opened(as_item, Format.YAML, keys[0]) == (b"list:\n    - x\n    # about z\n    - z\n", True)
    assert sops.decrypt_object(yamlio.load(as_item), ring(keys[0])) == {"list": ["x", "z"]}
