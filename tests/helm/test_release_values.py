"""The values of a release: in which order what wins, and the language of `--set`, whose cases were tried with Helm."""

from typing import Any

import pytest

from sluice.helm.errors import ValuesError
from sluice.helm.releases import sets, values
from sluice.helm.releases.values import Given

Values = dict[str, Any]


@pytest.mark.parametrize(
    ("line", "there", "becomes"),
    [
        ("a=1,b=x", {}, {"a": 1, "b": "x"}),
        ("a.b.c=true", {}, {"a": {"b": {"c": True}}}),
        ("a.b=1", {"a": {"c": 2}}, {"a": {"b": 1, "c": 2}}),
        (r"a\.b=1", {}, {"a.b": 1}),
        (r"a=x\,y", {}, {"a": "x,y"}),
        ("a={1,x,null}", {}, {"a": [1, "x", None]}),
        ("a={}", {}, {"a": [""]}),
        ("a[1]=x", {}, {"a": [None, "x"]}),
        ("a[0].b=x", {"a": [{"c": 1}]}, {"a": [{"c": 1, "b": "x"}]}),
        ("a[0][1]=x", {}, {"a": [[None, "x"]]}),
        ("a=0,b=007,c=-3,d=+3,e=1.5", {}, {"a": 0, "b": "007", "c": -3, "d": 3, "e": "1.5"}),
        ("a=TRUE,b=False,c=Null", {}, {"a": True, "b": False, "c": None}),
        ("a=9223372036854775808", {}, {"a": "9223372036854775808"}),
        ("a=", {"a": 1}, {"a": ""}),
        ("a.=", {}, {}),
        ("=x", {}, {}),
        ("", {}, {}),
        ("a[0].b=", {}, {"a": []}),
        ("a=b=c", {}, {"a": "b=c"}),
        ("a={1,2},b=3", {}, {"a": [1, 2], "b": 3}),
    ],
)
def test_a_line_is_written_into_values(line: str, there: Values, becomes: Values) -> None:
    sets.write(there, line)
    assert there == becomes


@pytest.mark.parametrize(
    ("line", "there", "said"),
    [
        ("a", {}, 'key "a" has no value'),
        ("a,b=1", {}, r"has no value \(cannot end with ,\)"),
        ("a={1", {}, "list must terminate with '}'"),
        ("a[x]=1", {}, "error parsing index"),
        ("a[0", {}, "error parsing index"),
        ("a[-1]=1", {}, "negative -1 index not allowed"),
        ("a[65537]=1", {}, "greater than maximum supported index of 65536"),
        ("a[0]b=1", {}, "unexpected data at end of array index"),
        ("a.b=1", {"a": "text"}, "no mapping"),
        ("a[0]=1", {"a": {"b": 1}}, "no list"),
        ("a[0][0]=1", {"a": ["x"]}, "no list"),
        (".".join("a" * 32) + "=1", {}, "greater than maximum supported nested level of 30"),
    ],
)
def test_what_is_no_such_line_is_refused(line: str, there: Values, said: str) -> None:
    with pytest.raises(ValuesError, match=said):
        sets.write(there, line)


def test_text_stays_text() -> None:
    found: Values = {}
    sets.write_text(found, "a=1,b={true,x}")
    assert found == {"a": "1", "b": ["true", "x"]}


@pytest.mark.parametrize("text", ["a,b", "{x}", "a=b", r"c:\new\[1]", "multi\nline,\n", "", "1"])
def test_a_literal_value_is_taken_as_it_is(text: str) -> None:
    assert values.compose([Given(text=text, path="a.b", literal=True)], {}) == {"a": {"b": text}}


def test_later_values_win_and_those_inline_win_over_all() -> None:
    given = [Given(text="a: 1\nm: {b: 1, c: 1}\nl: [1, 2]"), Given(text="a: 2\nm: {c: 2}\nl: [3]")]
    assert values.compose(given, {"m": {"d": 3}}) == {"a": 2, "m": {"b": 1, "c": 2, "d": 3}, "l": [3]}
    assert values.compose(given, {"a": 3, "m": None})["m"] is None


@pytest.mark.parametrize(
    ("path", "references", "inline", "becomes"),
    [
        ("m.a", [], {"m": {"a": "inline", "b": 1}}, {"m": {"a": "path", "b": 1}}),
        ("l[0]", [], {"l": ["inline"]}, {"l": ["path"]}),
        ("a", [], {"a": "inline"}, {"a": "inline"}),
        ("m.a", ["m: {c: 1}"], {"m": {"a": "inline"}}, {"m": {"a": "inline", "c": 1}}),
        ("o.a", ["o: {c: 1}"], {"m": 1}, {"o": {"a": "path", "c": 1}, "m": 1}),
    ],
    ids=["in what is inline alone", "in a list inline", "at the top", "in what both have", "in what is not inline"],
)
def test_a_value_for_a_path_wins_where_flux_has_it_win(
    path: str, references: list[str], inline: Values, becomes: Values
) -> None:
    given = [*(Given(text=text) for text in references), Given(text="path", path=path)]
    before = repr(inline)
    assert values.compose(given, inline) == becomes
    assert repr(inline) == before


def test_quotes_make_a_value_text() -> None:
    assert values.compose([Given(text="'1'", path="a"), Given(text='"true"', path="b")], {}) == {"a": "1", "b": "true"}


def test_empty_values_are_none_and_others_must_be_a_mapping() -> None:
    assert values.compose([Given(text="")], {}) == {}
    for text in ("- a", "text", "a: [", "a: *b"):
        with pytest.raises(ValuesError):
            values.compose([Given(text=text)], {})


def test_values_do_not_show_themselves() -> None:
    assert "hunter2" not in repr(Given(text="hunter2"))
