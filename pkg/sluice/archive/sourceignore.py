r"""Which paths of a source belong to its artifact: ``.sourceignore`` and ``spec.ignore``, as Flux reads them.

The syntax is gitignore's, the meaning is not quite, and every difference is Flux's and has a test:

- the last rule that matches decides; an ignored parent does not keep a later ``!`` rule from bringing a child
  back;
- a segment is a Go ``filepath.Match`` glob: ``[^a]`` negates, ``[!a]`` does not, a malformed glob matches
  nothing;
- ``**`` must be a whole segment; a segment that mixes it with text never matches;
- ``#`` starts a comment only in the first column; trailing blanks are trimmed unless the line ends in ``\ ``.

A gitignore library would be wrong on each of these, so the rules are matched here.
"""

import functools
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sluice.archive import globs

FILE_NAME = ".sourceignore"

VCS = (".git/", ".gitignore", ".gitmodules", ".gitattributes")
"""Never part of an artifact, unless a rule brings one back."""

DEFAULTS = (
    *("*.jpg", "*.jpeg", "*.gif", "*.png", "*.wmv", "*.flv", "*.tar.gz", "*.zip"),
    *(
        ".github/",
        ".circleci/",
        ".travis.yml",
        ".gitlab-ci.yml",
        "appveyor.yml",
        ".drone.yml",
        "cloudbuild.yaml",
    ),
    *("codeship-services.yml", "codeship-steps.yml", "**/.goreleaser.yml", "**/.sops.yaml", "**/.flux.yaml"),
)
"""Left out when the source states no rule of its own."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One pattern, valid below the directory ``domain``."""

    domain: tuple[str, ...]
    segments: tuple[str, ...]
    include: bool
    """Written with ``!``: brings back what an earlier rule left out."""
    directory_only: bool

    @classmethod
    def parse(cls, line: str, domain: tuple[str, ...] = ()) -> "Rule":
        """Read one pattern; every line is one (comments and blank lines are the reader's to skip)."""
        include = line.startswith("!")
        pattern = line[1:] if include else line
        if not pattern.endswith("\\ "):
            pattern = pattern.rstrip(" ")
        directory_only = pattern.endswith("/")
        if directory_only:
            pattern = pattern[:-1]
        return cls(domain=domain, segments=tuple(pattern.split("/")), include=include, directory_only=directory_only)

    @property
    def key(self) -> str:
        """The last segment that is more than ``**``: some name of a path must fit it. Empty: nothing matches."""
        if len(self.segments) == 1:
            return self.segments[0]
        return next((segment for segment in reversed(self.segments) if segment not in ("", "**")), "")

    def matches(self, path: tuple[str, ...], directory: bool) -> bool:
        """Whether the rule speaks of ``path`` (or of a directory above it)."""
        depth = len(self.domain)
        if len(path) <= depth or path[:depth] != self.domain:
            return False
        below = path[depth:]
        return self._anchored(below, directory) if len(self.segments) > 1 else self._named(below, directory)

    def _named(self, path: tuple[str, ...], directory: bool) -> bool:
        """A pattern without an inner slash: the first segment that it fits decides."""
        for place, name in enumerate(path):
            if globs.matches(self.segments[0], name):
                return not (self.directory_only and not directory and place == len(path) - 1)
        return False

    def _anchored(self, path: tuple[str, ...], directory: bool) -> bool:
        """A pattern with an inner slash: segment by segment; ``**`` skips ahead to the next fit."""
        matched = skipping = False
        rest = list(path)
        last = len(self.segments) - 1
        for place, pattern in enumerate(self.segments):
            if pattern == "":
                skipping = False
            elif pattern == "**":
                skipping = place < last
            elif "**" in pattern or not rest:
                return False
            elif skipping:
                skipping = False
                matched = _skip_to(pattern, rest)
            elif globs.matches(pattern, rest.pop(0)):
                matched = True
            else:
                return False
        return matched and (directory or bool(rest) or not self.directory_only)


@dataclass(frozen=True)
class SourceIgnore:
    """All rules of one source, weakest first."""

    rules: tuple[Rule, ...]

    @classmethod
    def of(cls, rules: Iterable[Rule]) -> "SourceIgnore":
        """The source's own rules over the built-in ones; the defaults apply only when it has none."""
        own = tuple(rules)
        built_in = VCS if own else VCS + DEFAULTS
        return cls((*(Rule.parse(pattern) for pattern in built_in), *own))

    def __call__(self, path: tuple[str, ...], directory: bool) -> bool:
        """Whether ``path`` is left out."""
        if not any(map(self._touched, path)):
            return False
        for rule in reversed(self.rules):
            if rule.matches(path, directory):
                return not rule.include
        return False

    @functools.cached_property
    def _touched(self) -> Callable[[str], bool]:
        """Whether some rule's last segment fits a name: a path without any such name matches no rule.

        Names repeat and few are touched, so most paths cost a look into a table.
        """
        keys = {rule.key for rule in self.rules}
        patterns = [compiled.pattern for key in keys if key and (compiled := globs.compiled(key))]
        any_of_them = re.compile("|".join(f"(?:{pattern})" for pattern in patterns) or "(?!)", re.DOTALL)
        return functools.lru_cache(maxsize=65536)(lambda name: any_of_them.fullmatch(name) is not None)


def read(text: str, domain: tuple[str, ...] = ()) -> list[Rule]:
    """The rules of one ``.sourceignore`` file, or of ``spec.ignore``; they apply below ``domain``."""
    lines = (line.removesuffix("\r") for line in text.split("\n"))
    return [Rule.parse(line, domain) for line in lines if line.strip() and not line.startswith("#")]


def _skip_to(pattern: str, rest: list[str]) -> bool:
    """Drop segments up to and including the first that fits."""
    while rest:
        if globs.matches(pattern, rest.pop(0)):
            return True
    return False
