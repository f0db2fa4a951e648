"""What a kustomization means when it names a Git repository: kustomize's reading of such addresses, quirks included.

Where an address names no scheme, user or GitHub it is a local path; where it does, the repository ends at `_git/NAME`,
at `//`, at `.git` or after two segments, and the rest is a path within it.
"""

import posixpath
import re
from typing import NamedTuple

_FILE = "file://"
_SCHEMES = ("ssh://", "https://", "http://", _FILE)
_GITHUB = ("github.com/", "github.com:")
_USER = re.compile(r"[a-zA-Z][a-zA-Z0-9-]*@")
_ESCAPE = re.compile(r"%(?![0-9a-fA-F]{2})")
_DURATION = re.compile(r"\+?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+")
_DURATION_PART = re.compile(r"([0-9.]+)([a-zµμ]+)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_FALSE = ("0", "f", "F", "false", "FALSE", "False")
_PERSONAL = re.compile(r"(://)[^/?#]*@")
_DEFAULT_SEGMENTS = 2

DEFAULT_TIMEOUT = 27.0
"""Seconds that a repository may take to arrive, unless its address says otherwise."""
PLACEHOLDER = "notCloned"
"""What origin annotations show as the path of a repository's own root."""


class RepoSpec(NamedTuple):
    """A Git repository, what of it is wanted, and the directory of a kustomization in it. `str()` shows no login."""

    raw: str
    """The address as it was written."""
    host: str
    """Scheme, user and host with the mark that ends them: `https://github.com/`, `git@github.com:`."""
    repository: str
    path: str = ""
    """The directory within the repository; "" is its root."""
    ref: str = ""
    """A branch, a tag, a full name or a commit; "" is what the server calls HEAD."""
    timeout: float = DEFAULT_TIMEOUT
    """Seconds."""
    submodules: bool = True

    @property
    def clone(self) -> str:
        """Return the address of the repository itself."""
        return self.host + self.repository

    @property
    def address(self) -> str:
        """Return the address of the repository for messages: without a login, and a URL however it was written."""
        found = shown(self.clone)
        return found if "://" in found else "ssh://" + found.replace(":", "/", 1)

    @property
    def is_local(self) -> bool:
        """Tell whether the repository lies in a directory of this machine."""
        return self.host == _FILE

    def __str__(self) -> str:
        return shown(self.raw)

    def __repr__(self) -> str:
        return f"<RepoSpec {self}>"


def parse(text: str) -> RepoSpec:
    """Return what `text` means as the address of a repository; ValueError, in kustomize's words, when it is none."""
    if text.startswith("/"):
        raise ValueError(f"uri looks like abs path: {text}")
    address, _, query = text.partition("?")
    ref, timeout, submodules = _query(query)
    host, rest = _host(address)
    repository, path = _parts(rest, host)
    return RepoSpec(
        raw=text, host=host, repository=repository, path=path, ref=ref, timeout=timeout, submodules=submodules
    )


def is_repository(text: str) -> bool:
    """Tell whether kustomize takes this for a Git repository; otherwise it is a path or the address of a file."""
    try:
        parse(text)
    except ValueError:
        return False
    return True


def names_manifest(text: str) -> bool:
    """Tell whether an address that could be a repository's rather looks like that of a file."""
    path = text.partition("?")[0].partition("://")[2]
    return path.endswith((".yaml", ".yml", ".json")) and not any(mark in path for mark in ("_git/", "//", ".git"))


def shown(text: str) -> str:
    """Return an address as messages show it: without a user and password. Paths stay as they are."""
    return _PERSONAL.sub(r"\1", text, count=1)


def _host(address: str) -> tuple[str, str]:
    """Split scheme, user and host off."""
    if address[:5].lower() == "git::":
        address = address[5:]
    scheme = next((known for known in _SCHEMES if address[: len(known)].lower() == known), "")
    rest = address[len(scheme) :]
    found = _USER.match(rest)
    user = found.group() if found else ""
    rest = rest[len(user) :]
    github = rest.lower().startswith(_GITHUB)
    scp = not scheme and bool(user or github)
    if not scheme and not scp:
        raise ValueError("failed to parse scheme")
    if scheme == _FILE:
        return scheme, user + rest
    at = _end_of_host(rest, scp)
    host, rest = (rest[: at + 1], rest[at + 1 :]) if at >= 0 else (rest, "")
    if github:
        return (f"{user}github.com:" if scheme == "ssh://" or user else "https://github.com/"), rest
    if not host:
        raise ValueError("failed to parse host segment")
    return scheme + user + host, rest


def _end_of_host(rest: str, scp: bool) -> int:
    slash, colon = rest.find("/"), rest.find(":")
    return colon if scp and (slash == -1 or 0 < colon < slash) else slash


def _parts(rest: str, host: str) -> tuple[str, str]:
    """Split the repository from the path within it."""
    repository, path = _split(rest, host)
    if not repository:
        raise ValueError("failed to parse repo path segment")
    path = path.removeprefix("/")
    if posixpath.normpath(path).split("/")[0] == "..":
        raise ValueError(f"url path exits repo: {rest}")
    return repository, path


def _split(rest: str, host: str) -> tuple[str, str]:
    if "_git/" in rest:
        # By convention of Azure DevOps the repository is one level below.
        head, _, tail = rest.partition("_git/")
        name, _, path = tail.partition("/")
        return f"{head}_git/{name}", path
    for mark, kept in (("//", ""), (".git", ".git")):
        if mark in rest:
            head, _, path = rest.partition(mark)
            return head + kept, path
    if host == _FILE:
        return rest, ""
    segments = rest.split("/")
    if len(segments) < _DEFAULT_SEGMENTS:
        return "", ""
    return "/".join(segments[:_DEFAULT_SEGMENTS]), "/".join(segments[_DEFAULT_SEGMENTS:])


def _query(query: str) -> tuple[str, float, bool]:
    """Return reference, timeout and submodules; a query that is malformed anywhere counts as none."""
    # Few builds have an address to take apart, and its import is felt at the start of all.
    from urllib.parse import unquote_plus

    values: dict[str, str] = {}
    for pair in filter(None, query.split("&")):
        if ";" in pair or _ESCAPE.search(pair):
            return "", DEFAULT_TIMEOUT, True
        key, _, value = pair.partition("=")
        values.setdefault(unquote_plus(key), unquote_plus(value))
    ref = values.get("ref") or values.get("version", "")
    return ref, _seconds(values.get("timeout", "")), values.get("submodules", "") not in _FALSE


def _seconds(text: str) -> float:
    """Return the seconds that a number, or a duration as Go writes it, stands for; the default for anything else."""
    if re.fullmatch(r"\+?[0-9]+", text):
        found = float(text)
    elif _DURATION.fullmatch(text):
        found = sum(float(number) * _SECONDS[unit] for number, unit in _DURATION_PART.findall(text))
    else:
        found = 0.0
    return found if found > 0 else DEFAULT_TIMEOUT
