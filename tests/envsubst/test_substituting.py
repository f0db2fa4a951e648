"""What each expansion gives, and what is refused. The expected values are what Flux's own substitution gives."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice import envsubst

VARIABLES = {
    "name": "Web",
    "path": "apps/web/api.tar.gz",
    "empty": "",
    "two": "2",
    "minus": "-3",
    "eszett": "Éß",
    "_1": "x",
    "glob": "*.",
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nothing to do", "nothing to do"),
        ("${name}", "Web"),
        ("a ${name} b ${two} c", "a Web b 2 c"),
        ("${_1}", "x"),
        # What is no expansion stays.
        ("$name $(name) $ {name} } {", "$name $(name) $ {name} } {"),
        ("costs $5", "costs $5"),
        ("$", "$"),
        # Two dollars are one.
        ("$${name}", "${name}"),
        ("$$$${name}", "$${name}"),
        ("$$${name}", "$Web"),
        ("$$", "$"),
        # Defaults, for what is unset or empty.
        ("${empty:=x}", "x"),
        ("${empty:-x}", "x"),
        ("${empty=x}", "x"),
        ("${empty:?x}", "x"),
        ("${empty:+x}", "x"),
        ("${unset:=x}", "x"),
        ("${unset:=}", ""),
        ("${name:=x}", "Web"),
        ("${unset:=a ${name} b ${empty:=c}}", "a Web b c"),
        ("${unset:=$$}", "$$"),
        ("${unset:=a}b}", "ab}"),
        ("${unset:=one\ntwo}", "one\ntwo"),
        # Case.
        ("${name^^}", "WEB"),
        ("${name,,}", "web"),
        ("${name,}", "web"),
        ("${path^}", "Apps/web/api.tar.gz"),
        ("${empty^}", ""),
        ("${eszett^^}", "Éß"),
        ("${eszett,}", "éß"),
        # Length and parts, in bytes.
        ("${#name}", "3"),
        ("${#eszett}", "4"),
        ("${path:5}", "web/api.tar.gz"),
        ("${path:5:3}", "web"),
        ("${path:${two}}", "ps/web/api.tar.gz"),
        ("${path:${minus}}", ".gz"),
        ("${path:99}", ""),
        ("${path:5:99}", "web/api.tar.gz"),
        ("${path: 5}", "apps/web/api.tar.gz"),
        ("${path:5:x}", "apps/web/api.tar.gz"),
        ("${eszett:2}", "ß"),
        # Prefixes and suffixes.
        ("${path#*/}", "web/api.tar.gz"),
        ("${path##*/}", "api.tar.gz"),
        ("${path%.*}", "apps/web/api.tar"),
        ("${path%%.*}", "apps/web/api"),
        ("${path#apps}", "/web/api.tar.gz"),
        ("${path#none}", "apps/web/api.tar.gz"),
        ("${path#[a-c]}", "pps/web/api.tar.gz"),
        ("${path#[^a-c]}", "apps/web/api.tar.gz"),
        ("${path#????/}", "web/api.tar.gz"),
        ("${path#*}", "pps/web/api.tar.gz"),
        ("${path##*}", ""),
        ("${path#[}", "apps/web/api.tar.gz"),
        ("${path##${glob}}", "gz"),
        # Replacements.
        ("${path/a/A}", "Apps/web/api.tar.gz"),
        ("${path//a/A}", "Apps/web/Api.tAr.gz"),
        ("${path/a/}", "pps/web/api.tar.gz"),
        ("${path//a/}", "pps/web/pi.tr.gz"),
        ("${path/#apps/x}", "x/web/api.tar.gz"),
        ("${path/%gz/xz}", "apps/web/api.tar.xz"),
        ("${path/#web/x}", "apps/web/api.tar.gz"),
        ("${path//\\//-}", "apps-web-api.tar.gz"),
        ("${path/apps/\\/}", "//web/api.tar.gz"),
        ("${path/apps/${name}}", "Web/web/api.tar.gz"),
    ],
)
def test_an_expansion_gives_what_flux_gives(text: str, expected: str) -> None:
    assert envsubst.substitute(text, VARIABLES) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("${}", "unable to parse variable name"),
        ("${ name}", "unable to parse variable name"),
        ("${-name}", "unable to parse variable name"),
        ("${name", "missing closing brace"),
        ("${na-me}", "missing closing brace"),
        ("${na.me}", "missing closing brace"),
        ("${name }", "missing closing brace"),
        ("${name-x}", "missing closing brace"),
        ("${name+x}", "missing closing brace"),
        ("${name?x}", "missing closing brace"),
        ("${#}", "bad substitution"),
        ("${#name", "bad substitution"),
        ("${name^^^}", "bad substitution"),
        ("${name:}", "unable to parse substitution within function"),
        ("${name:", "bad substitution"),
        ("${name:=x", "unable to parse substitution within function"),
        ("${name#}", "unable to parse substitution within function"),
        ("${name/a}", "bad substitution"),
        ("${name/", "unable to parse substitution within function"),
    ],
)
def test_what_is_no_expansion_is_refused_with_its_line(text: str, reason: str) -> None:
    with pytest.raises(envsubst.SyntaxFault) as raised:
        envsubst.substitute(f"a: b\nc: {text}", VARIABLES)
    assert (raised.value.reason, raised.value.line) == (reason, 2)


@pytest.mark.parametrize("text", ["${unset}", "${unset^^}", "${#unset}", "${unset:1}", "${unset/a/b}", "${unset%x}"])
def test_strict_mode_wants_every_variable_without_a_default(text: str) -> None:
    with pytest.raises(envsubst.UnsetVariable, match=r'variable not set \(strict mode\): "unset" \(line 1\)'):
        envsubst.substitute(text, VARIABLES)
    assert envsubst.substitute(text, VARIABLES, strict=False) == ("0" if "#" in text else "")


def test_a_missing_variable_in_a_default_is_missed_even_where_the_default_is_not_needed() -> None:
    with pytest.raises(envsubst.UnsetVariable, match='"unset"'):
        envsubst.substitute("${name:=${unset}}", VARIABLES)


def test_a_part_never_cuts_a_character() -> None:
    with pytest.raises(envsubst.SubstitutionError, match="within a character") as raised:
        envsubst.substitute("${eszett:1}", VARIABLES)
    assert raised.value.line == 1
    with pytest.raises(envsubst.SubstitutionError, match="a length of -3"):
        envsubst.substitute("${path:1:${minus}}", VARIABLES)


def test_what_a_few_expansions_can_blow_up_is_bounded() -> None:
    with pytest.raises(envsubst.SubstitutionError, match="more than 1000 characters"):
        envsubst.substitute("${big}" * 11, {"big": "x" * 100}, largest=1000)
    with pytest.raises(envsubst.SyntaxFault, match="nested deeper than 64"):
        envsubst.substitute("${a:=" * 100 + "}" * 100, {}, strict=False)


def test_globs_with_many_stars_take_no_time() -> None:
    assert envsubst.substitute("${a##" + "*a" * 30 + "b}", {"a": "a" * 2000}) == "a" * 2000


@pytest.mark.parametrize("name", ["", "1a", "a-b", "a.b", "é", "a b"])
def test_names_that_no_expansion_could_have_are_refused(name: str) -> None:
    with pytest.raises(envsubst.InvalidName, match="var name is invalid, must match"):
        envsubst.check_names(["good", name])


@given(st.text(st.sampled_from("${}:=-#%/^,\\*?[]ab1é\n "), max_size=40))
def test_any_text_is_substituted_or_refused(text: str) -> None:
    with contextlib.suppress(envsubst.SubstitutionError):
        assert envsubst.substitute(text, VARIABLES).count("${") <= text.count("$")


@given(st.text())
def test_text_without_dollars_stays_itself(text: str) -> None:
    plain = text.replace("$", "")
    assert envsubst.substitute(plain, {}) == plain
    assert envsubst.substitute(plain.replace("{", "") + "$$", {}) == plain.replace("{", "") + "$"
