import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice import yamlio


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain words", "plain words"),
        ("", '""'),
        ("true", '"true"'),
        ("y", '"y"'),
        ("on", '"on"'),
        ("null", '"null"'),
        ("~", '"~"'),
        ("012", '"012"'),
        ("1e3", '"1e3"'),
        ("1:20", '"1:20"'),
        ("2001-01-01", '"2001-01-01"'),
        ("1.2.3", "1.2.3"),
        ("<<", "<<"),
        ("=", "="),
        ("a: b", "'a: b'"),
        ("a #b", "'a #b'"),
        ("ends:", "'ends:'"),
        (" lead", "' lead'"),
        ("- x", "'- x'"),
        ("-x", "-x"),
        ("*x", "'*x'"),
        ("'q", "'''q'"),
        ("it's", "it's"),
        ("tab\there", '"tab\\there"'),
        ("\U0001f600", '"\\U0001F600"'),
        ("é☃", "é☃"),
        ("x\r\ny", '"x\\r\\ny"'),
        ("x \ny", '"x \\ny"'),
        (1, "1"),
        (1.0, "1"),
        (0.5, "0.5"),
        (1e-7, "1e-07"),
        (1e21, "1e+21"),
        (1234567.0, "1234567"),
        (1234567.5, "1.2345675e+06"),
        (10**20, "1e+20"),
        (2**64 - 1, "18446744073709551615"),
        (2**64, "1.8446744073709552e+19"),
        (-0.0, "0"),
        (True, "true"),
        (None, "null"),
        ([], "[]"),
        ({}, "{}"),
    ],
)
def test_values_are_written_as_go_writes_them(value: object, text: str) -> None:
    assert yamlio.dump({"k": value}) == f"k: {text}\n"


@pytest.mark.parametrize(
    ("value", "block"),
    [
        ("a\nb\n", "|\n  a\n  b\n"),
        ("a\nb", "|-\n  a\n  b\n"),
        ("a\n\nb\n\n", "|+\n  a\n\n  b\n\n"),
        (" a\nb\n", "|2\n   a\n  b\n"),
        ("\n", "|2+\n\n"),
    ],
)
def test_text_of_many_lines_is_a_block(value: str, block: str) -> None:
    assert yamlio.dump({"k": value}) == f"k: {block}"


def test_lists_stand_at_the_indent_of_their_key() -> None:
    assert yamlio.dump({"a": {"b": [1, [2, 3], {"c": 4, "d": [5]}]}}) == (
        "a:\n  b:\n  - 1\n  - - 2\n    - 3\n  - c: 4\n    d:\n    - 5\n"
    )


def test_an_odd_line_break_in_quotes_begins_a_line_that_is_folded_like_others() -> None:
    text = "\u2029ax: ylong words that go on and on and on and on until the line is full and more a"
    folded = "- '\u2029  ax: ylong words that go on and on and on and on until the line is full and more\n  a'\n"
    assert yamlio.dump([text]) == folded


def test_long_lines_are_folded_at_eighty_columns() -> None:
    words = "a very long line that goes on and on and on and on and on and on and on and on and on and on"
    assert yamlio.dump({"data": {"ae": words}}) == (
        "data:\n  ae: a very long line that goes on and on and on and on and on and on and on and\n"
        "    on and on and on\n"
    )


def test_keys_are_in_natural_order() -> None:
    # As go-yaml 2.4.2 wrote them.
    order = ["_x", "1", "2", "10", "A", "a-1", "a0", "a1", "a01", "a001", "a9", "a10", "a12", "a100", "a1b"]
    order += ["app-x", "app.kubernetes.io/name", "app_x", "appX", "b"]
    assert list(yamlio.load(yamlio.dump(dict.fromkeys(sorted(order), 1)))) == order


def test_a_key_too_long_for_one_line_is_marked() -> None:
    key = "k" * 129
    assert yamlio.dump({key: 1}) == f"? {key}\n: 1\n"


def test_documents_are_parted_by_dashes() -> None:
    assert yamlio.dump_all([{"a": 1}, {"b": 2}]) == "a: 1\n---\nb: 2\n"


_SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(-1e15, 1e15)
_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x85\u2028\u2029"), max_size=200)
_JSON = st.recursive(_SCALARS | _TEXT, lambda inner: st.lists(inner) | st.dictionaries(_TEXT, inner), max_leaves=20)


@given(_JSON)
def test_what_is_written_reads_back_as_it_was(value: object) -> None:
    assert yamlio.load(yamlio.dump(value)) == value
