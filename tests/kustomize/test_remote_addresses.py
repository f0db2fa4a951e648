"""Addresses of repositories are taken apart as kustomize does it: its rules, and what follows from their order."""

import pytest

from sluice.kustomize.loading import remote

ADDRESSES = [
    # address, what is cloned, the path within, the reference
    ("https://github.com/org/repo", "https://github.com/org/repo", "", ""),
    ("https://github.com/org/repo//path/to/base?ref=v1.0.6", "https://github.com/org/repo", "path/to/base", "v1.0.6"),
    ("https://github.com/org/repo/path/to/base?ref=main", "https://github.com/org/repo", "path/to/base", "main"),
    ("https://github.com/org/repo.git/base", "https://github.com/org/repo.git", "base", ""),
    ("https://github.com/org/repo.git?ref=group/version", "https://github.com/org/repo.git", "", "group/version"),
    ("http://github.com/org/repo/base", "https://github.com/org/repo", "base", ""),
    ("hTTps://GitHub.com/org/repo", "https://github.com/org/repo", "", ""),
    ("https://user@github.com/org/repo", "user@github.com:org/repo", "", ""),
    ("github.com/org/repo//base", "https://github.com/org/repo", "base", ""),
    ("github.com:org/repo", "https://github.com/org/repo", "", ""),
    ("git@github.com:org/repo.git//base?ref=v1", "git@github.com:org/repo.git", "base", "v1"),
    ("git@github.com/org/repo/base", "git@github.com:org/repo", "base", ""),
    ("org-12345@github.com:org/repo", "org-12345@github.com:org/repo", "", ""),
    ("ssh://git@github.com/org/repo//base", "git@github.com:org/repo", "base", ""),
    ("ssh://git@ssh.github.com:443/ORG/REPO.git", "ssh://git@ssh.github.com:443/ORG/REPO.git", "", ""),
    ("ssh://git.example.com:7999/org/repo/base", "ssh://git.example.com:7999/org/repo", "base", ""),
    ("ssh://alice@example.com/path/to/repo//base", "ssh://alice@example.com/path/to/repo", "base", ""),
    ("git::https://gitlab.com/org/repo//base", "https://gitlab.com/org/repo", "base", ""),
    ("git::git@github.com:org/repo", "git@github.com:org/repo", "", ""),
    ("git@gitlab.com:group/project/sub.git?ref=v0.1.0", "git@gitlab.com:group/project/sub.git", "", "v0.1.0"),
    ("git@gitlab.com:group/project", "git@gitlab.com:group/project", "", ""),
    ("git@gitlab.com/user:name/repo.git/base", "git@gitlab.com/user:name/repo.git", "base", ""),
    (
        "git@bitbucket.org:company/project.git//path?ref=branch",
        "git@bitbucket.org:company/project.git",
        "path",
        "branch",
    ),
    ("https://bitbucket.example.com/scm/p/repo.git", "https://bitbucket.example.com/scm/p/repo.git", "", ""),
    (
        "https://git-codecommit.us-east-2.amazonaws.com/org/repo/dir?ref=testbranch",
        "https://git-codecommit.us-east-2.amazonaws.com/org/repo",
        "dir",
        "testbranch",
    ),
    (
        "https://user@dev.azure.com/org/project/_git/repo//path/to/base",
        "https://user@dev.azure.com/org/project/_git/repo",
        "path/to/base",
        "",
    ),
    (
        "https://org.visualstudio.com/project/_git/repo/base?version=v1.0.0",
        "https://org.visualstudio.com/project/_git/repo",
        "base",
        "v1.0.0",
    ),
    ("https://gist.github.com/bc7947cb727d.git", "https://gist.github.com/bc7947cb727d.git", "", ""),
    ("https://example.org/path/to/repo//base", "https://example.org/path/to/repo", "base", ""),
    ("https://example.org/path/to/repo.git/base", "https://example.org/path/to/repo.git", "base", ""),
    ("https://example.org/org/repo/%-not-an-escape", "https://example.org/org/repo", "%-not-an-escape", ""),
    ("https://example.org/org/repo/?ref=has_git/in.git/it", "https://example.org/org/repo", "", "has_git/in.git/it"),
    ("http://user:secret@example.org/org/repo//base", "http://user:secret@example.org/org/repo", "base", ""),
    ("https://raw.example.com/org/repo/main/cm.yaml", "https://raw.example.com/org/repo", "main/cm.yaml", ""),
    ("file:///srv/repo?ref=v1", "file:///srv/repo", "", "v1"),
    ("file:///srv/repo//base", "file:///srv/repo", "base", ""),
    ("file://srv/repo.git/base?ref=v1", "file://srv/repo.git", "base", "v1"),
    ("file://git@home/repo.git//base", "file://git@home/repo.git", "base", ""),
]
LOCAL = [
    ("/tmp", "uri looks like abs path"),
    ("../../tmp", "failed to parse scheme"),
    ("src/github.com/org/repo", "failed to parse scheme"),
    ("base", "failed to parse scheme"),
    ("htxxxtp://github.com/", "failed to parse scheme"),
    ("github.com!org/repo.git//path", "failed to parse scheme"),
    ("gh:org/repo", "failed to parse scheme"),
    ("git::___", "failed to parse scheme"),
    ("user_name@host:org/repo", "failed to parse scheme"),
    ("ssh://git.example.com", "failed to parse repo path segment"),
    ("https://host?ref=group/version", "failed to parse repo path segment"),
    ("https://github.com/no-repository.yaml", "failed to parse repo path segment"),
    ("file:////tmp//path", "failed to parse repo path segment"),
    ("git@ssh://github.com/org/repo.git//path", "failed to parse repo path segment"),
    ("https://github.com/org/repo.git//path/../../out", "url path exits repo"),
    ("https://github.com/org/repo//../out", "url path exits repo"),
]
QUERIES = [
    ("", "", 27, True),
    ("ref=v1", "v1", 27, True),
    ("version=main&ref=v1", "v1", 27, True),
    ("version=main&ref=", "main", 27, True),
    ("ref=a&ref=b", "a", 27, True),
    ("ref=a%2Fb+c", "a/b c", 27, True),
    ("ref=v1&%zz", "", 27, True),
    ("ref=v1;x=y", "", 27, True),
    ("timeout=61", "", 61, True),
    ("timeout=61s", "", 61, True),
    ("timeout=1m30s", "", 90, True),
    ("timeout=1.5h", "", 5400, True),
    ("timeout=250ms", "", 0.25, True),
    ("timeout=0", "", 27, True),
    ("timeout=-5", "", 27, True),
    ("timeout=soon", "", 27, True),
    ("submodules=false", "", 27, False),
    ("submodules=0", "", 27, False),
    ("submodules=FALSE", "", 27, False),
    ("submodules=no", "", 27, True),
    ("submodules=", "", 27, True),
]


@pytest.mark.parametrize(("address", "clone", "path", "ref"), ADDRESSES)
def test_an_address_is_taken_apart(address: str, clone: str, path: str, ref: str) -> None:
    spec = remote.parse(address)
    assert (spec.clone, spec.path, spec.ref) == (clone, path, ref)
    assert remote.is_repository(address)


@pytest.mark.parametrize(("address", "reason"), LOCAL)
def test_what_is_no_repository_says_why(address: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        remote.parse(address)
    assert not remote.is_repository(address)


@pytest.mark.parametrize(("query", "ref", "timeout", "submodules"), QUERIES)
def test_the_query_says_reference_time_and_submodules(query: str, ref: str, timeout: float, submodules: bool) -> None:
    spec = remote.parse(f"https://host/org/repo?{query}")
    assert (spec.ref, spec.submodules) == (ref, submodules)
    assert spec.timeout == pytest.approx(timeout)


@pytest.mark.parametrize("scheme", ["https://", "ssh://", "git::https://"])
def test_a_login_is_never_shown(scheme: str) -> None:
    spec = remote.parse(f"{scheme}user:secret@example.org/org/repo//base")
    assert "secret" not in f"{spec} {spec!r}"
    assert str(spec) == f"{scheme}example.org/org/repo//base"
