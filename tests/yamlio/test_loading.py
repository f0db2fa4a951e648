import pytest

from sluice import yamlio
from sluice.yamlio import Dialect


@pytest.mark.parametrize(
    ("text", "kubernetes", "kustomize"),
    [
        ("yes", True, "yes"),
        ("on", True, "on"),
        ("N", False, "N"),
        ("true", True, True),
        ("tRue", "tRue", "tRue"),
        ("~", None, None),
        ("0777", 511, 511),
        ("0o777", 511, 511),
        ("08", 8, 8),
        ("0x1F", 31, 31),
        ("0b11", 3, 3),
        ("1_000", 1000, 1000),
        ("18446744073709551615", 2**64 - 1, 2**64 - 1),
        ("18446744073709551616", 18446744073709552000, 18446744073709552000),
        ("-9223372036854775808", -(2**63), -(2**63)),
        ("1.0", 1, 1),
        ("1.50", 1.5, 1.5),
        ("1e3", 1000, 1000),
        (".5", 0.5, 0.5),
        ("1e999", "1e999", "1e999"),
        ("190:20:30", "190:20:30", "190:20:30"),
        ("2001-01-01", "2001-01-01", "2001-01-01T00:00:00Z"),
        ("2001-12-14t21:59:43.10-05:00", "2001-12-14t21:59:43.10-05:00", "2001-12-14T21:59:43.1-05:00"),
        ("2001-13-01", "2001-13-01", "2001-13-01"),
        ("1.2.3", "1.2.3", "1.2.3"),
        ("-", "-", "-"),
        ("!!str 12", "12", "12"),
        ("!!binary aGVsbG8=", "hello", "hello"),
        ("!custom 12", "12", "12"),
    ],
)
def test_plain_scalars_become_what_go_reads_them_as(text: str, kubernetes: object, kustomize: object) -> None:
    if text == "-":
        text = '"-"'
    assert yamlio.load_all(f"a: {text}", dialect=Dialect.KUBERNETES) == [{"a": kubernetes}]
    assert yamlio.load_all(f"a: {text}", dialect=Dialect.KUSTOMIZE) == [{"a": kustomize}]
    found = yamlio.load(f"a: {text}", dialect=Dialect.KUBERNETES)["a"]
    assert type(found) is type(kubernetes)


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("a: b: c", "yaml: mapping values are not allowed in this context", 1),
        (
            "apiVersion: v1\nkind: ConfigMap\n  metadata: {\n",
            "yaml: line 3: mapping values are not allowed in this context",
            3,
        ),
        ("a: b\n\tc: d", "yaml: line 2: found a tab character that violates indentation", 2),
        ("a: 1\na: 2", 'yaml: unmarshal errors:\n  line 2: mapping key "a" already defined at line 1', 2),
        ("a: *x", "yaml: line 1: unknown anchor 'x' referenced", 1),
        ("a: &x [*x]", "yaml: line 1: anchor 'x' value contains itself", 1),
        ("a: .nan", "yaml: line 1: json: unsupported value: .nan", 1),
        ("\x01", "yaml: control characters are not allowed", None),
        ("[a]: b", "yaml: line 1: invalid map key: only scalars can be keys", 1),
    ],
)
def test_what_is_not_yaml_is_refused_in_go_yamls_words(text: str, message: str, line: int | None) -> None:
    with pytest.raises(yamlio.YAMLError) as caught:
        yamlio.load_all(text, source="x.yaml")
    assert str(caught.value) == message
    assert caught.value.line == line
    assert caught.value.source == "x.yaml"


def test_keys_that_are_no_strings_become_strings_as_their_reader_has_it() -> None:
    text = "{1: a, yes: b, 1.50: c}"
    assert yamlio.load(text) == {"1": "a", "true": "b", "1.5": "c"}
    assert yamlio.load(text, dialect=Dialect.KUSTOMIZE) == {"1": "a", "yes": "b", "1.50": "c"}


def test_a_null_key_is_refused_where_go_refuses_it() -> None:
    with pytest.raises(yamlio.YAMLError, match="invalid map key"):
        yamlio.load("~: a")


def test_empty_documents_are_dropped() -> None:
    assert yamlio.load_all("---\n---\n# only a comment\n---\na: 1\n---\n") == [{"a": 1}]


def test_a_byte_order_mark_is_skipped() -> None:
    assert yamlio.load_all(b"\xef\xbb\xbfa: 1\n") == [{"a": 1}]


def test_aliases_are_copies_so_that_changing_one_leaves_the_others() -> None:
    document = yamlio.load("a: &x {b: [1]}\nc: *x")
    document["a"]["b"].append(2)
    assert document["c"] == {"b": [1]}


def test_an_anchor_can_be_given_anew() -> None:
    assert yamlio.load("a: &x 1\nb: &x 2\nc: *x") == {"a": 1, "b": 2, "c": 2}


def test_merge_keys_fill_in_what_is_not_given() -> None:
    text = "base: &b {p: 1, q: 1}\nmore: &m {q: 2, r: 2}\nx: {r: 3, <<: [*b, *m]}"
    (document,) = yamlio.load_all(text, dialect=Dialect.KUSTOMIZE)
    assert document["x"] == {"p": 1, "q": 1, "r": 3}


def test_merge_keys_take_their_place_among_the_others_for_kubernetes() -> None:
    text = "base: &b {p: 1, q: 1}\nx: {p: 0, <<: *b, q: 2}"
    assert yamlio.load(text, last_wins=True)["x"] == {"p": 1, "q": 2}
    with pytest.raises(yamlio.YAMLError, match='mapping key "p" already defined'):
        yamlio.load(text)


def test_an_alias_bomb_is_refused_before_it_fills_memory() -> None:
    lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x,x]"]
    lines += [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    with pytest.raises(yamlio.YAMLError, match="excessive aliasing"):
        yamlio.load("\n".join(lines))


@pytest.mark.parametrize("text", ["[" * 100_000, "- " * 100_000 + "a", "{a: " * 5_000])
def test_nesting_beyond_reason_is_refused_and_does_not_crash(text: str) -> None:
    with pytest.raises(yamlio.YAMLError, match="exceeded max depth"):
        yamlio.load(text)


def test_scalars_can_be_kept_as_they_were_written() -> None:
    text = "metadata: {annotations: {a: 1.10, b: yes, c: null, d: 'x'}, labels: {a: 1.10}}"
    (document,) = yamlio.load_all(text, dialect=Dialect.KUSTOMIZE, verbatim={"metadata": {"annotations": {}}})
    assert document["metadata"]["annotations"] == {"a": "1.10", "b": "yes", "c": "null", "d": "x"}
    assert document["metadata"]["labels"] == {"a": 1.1}


def test_json_is_yaml_too() -> None:
    assert yamlio.load('{"a": [1, 2.5, null, true, "\\u00e9"]}') == {"a": [1, 2.5, None, True, "é"]}


def test_one_document_is_asked_for_and_two_are_refused() -> None:
    assert yamlio.load("") is None
    with pytest.raises(yamlio.YAMLError, match="single document"):
        yamlio.load("a\n---\nb")


def test_the_line_of_a_field_is_found_or_that_of_its_nearest_parent() -> None:
    text = "resources:\n- a.yaml\n- b.yaml\nimages:\n- name: x\n  newTag: y\n"
    assert yamlio.line_of(text, ["resources", 1]) == 3
    assert yamlio.line_of(text, ["images", 0, "newtag"]) == 6
    assert yamlio.line_of(text, ["images", 0, "digest"]) == 5
    assert yamlio.line_of("b: 'x", ["a"]) is None
