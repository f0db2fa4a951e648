import pytest

from sluice import git
from sluice.git import references
from sluice.git.references import Reference

A, B, C = "a" * 40, "b" * 40, "c" * 40
REFS = {
    "HEAD": A,
    "refs/heads/main": A,
    "refs/heads/master": B,
    "refs/tags/v1.0.0": C,
    "refs/tags/v1.0.0^{}": B,
    "refs/tags/v1.2.0": A,
    "refs/tags/2.0.0-rc.1": C,
    "refs/tags/latest": C,
    "refs/pull/7/head": C,
}


def revision(reference: Reference) -> str:
    (candidate,) = git.resolve(reference, REFS)
    return candidate.revision


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        (Reference(), f"master@sha1:{B}"),
        (Reference(branch="main"), f"main@sha1:{A}"),
        (Reference(tag="v1.0.0"), f"v1.0.0@sha1:{B}"),
        (Reference(tag="v1.2.0"), f"v1.2.0@sha1:{A}"),
        (Reference(semver=">=1.0.0"), f"v1.2.0@sha1:{A}"),
        (Reference(semver="~1.0"), f"v1.0.0@sha1:{B}"),
        (Reference(semver=">=1.0.0-0"), f"2.0.0-rc.1@sha1:{C}"),
        (Reference(name="refs/pull/7/head"), f"refs/pull/7/head@sha1:{C}"),
        (Reference(name="refs/tags/v1.0.0"), f"refs/tags/v1.0.0@sha1:{B}"),
        (Reference(name="refs/tags/v1.0.0^{}"), f"refs/tags/v1.0.0^{{}}@sha1:{B}"),
        (Reference(commit=C), f"sha1:{C}"),
        (Reference(commit=C, branch="main"), f"main@sha1:{C}"),
    ],
)
def test_each_kind_of_reference_gives_its_revision(reference: Reference, expected: str) -> None:
    assert revision(reference) == expected


def test_commit_beats_name_beats_tag_beats_semver_beats_branch() -> None:
    everything = {"branch": "main", "semver": "*", "tag": "latest", "name": "refs/heads/master", "commit": A}
    expected = [
        f"main@sha1:{A}",
        f"v1.2.0@sha1:{A}",
        f"latest@sha1:{C}",
        f"refs/heads/master@sha1:{B}",
        f"main@sha1:{A}",
    ]
    fields = list(everything)
    for count, wanted in enumerate(expected, start=1):
        assert revision(Reference(**{field: everything[field] for field in fields[:count]})) == wanted


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        (Reference(), 'couldn\'t find remote ref "refs/heads/master"'),
        (Reference(tag="v9"), 'couldn\'t find remote ref "refs/tags/v9"'),
        (Reference(semver=">=9.0.0"), "no match found for semver: >=9.0.0"),
        (Reference(semver="not a range"), 'semver parse error: improper constraint: "not a range"'),
        (Reference(name="refs/x"), "unable to resolve ref 'refs/x' to a specific commit"),
        (Reference(name="/refs/x"), "ref /refs/x is invalid; Git refs cannot begin or end with a slash '/'"),
        (Reference(commit="abc"), "unable to resolve commit object for 'abc': object not found"),
    ],
)
def test_what_cannot_be_resolved_is_told_in_flux_words(reference: Reference, message: str) -> None:
    with pytest.raises(git.GitError) as caught:
        git.resolve(reference, {})
    assert str(caught.value) == message


def test_tags_of_one_version_are_all_candidates() -> None:
    refs = {"refs/tags/v1.0.0": A, "refs/tags/1.0.0+build2": B, "refs/tags/0.9.0": C}
    assert [candidate.label for candidate in git.resolve(Reference(semver="1.x"), refs)] == ["1.0.0+build2", "v1.0.0"]


def test_a_pin_needs_no_list_and_a_range_needs_all_tags() -> None:
    assert Reference(commit=A).prefixes() == ()
    assert Reference(semver="*").prefixes() == ("refs/tags/",)
    assert Reference(branch="main").prefixes() == ("refs/heads/main",)


def test_senseless_references_are_refused_before_the_network() -> None:
    for reference in (Reference(semver="x y z"), Reference(commit="main")):
        with pytest.raises(git.UnresolvedError):
            references.check(reference)
    references.check(Reference(tag="v1", semver="x y z"))
