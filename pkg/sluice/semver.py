"""Versions and ranges of them as Flux reads them: the constraint language of Go's Masterminds/semver v3.

``>=1.0 <2``, ``~1.2``, ``^1``, ``1.x || 3.*``, ``1.2 - 2.3``, ``!=1.4.1``; comma or blank is "and", ``||`` is
"or". A pre-release fits only where the range names a pre-release itself.
"""

import re
from dataclasses import dataclass, field, replace

_IDENTIFIERS = r"[0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*"
_VERSION = re.compile(
    rf"v?(?P<major>[0-9]+)(?:\.(?P<minor>[0-9]+))?(?:\.(?P<patch>[0-9]+))?"
    rf"(?:-(?P<pre>{_IDENTIFIERS}))?(?:\+(?P<build>{_IDENTIFIERS}))?"
)
_BUILD = re.compile(_IDENTIFIERS)
_PART = r"[0-9]+|[xX*]"
_LOOSE = rf"v?(?:{_PART})(?:\.(?:{_PART}))?(?:\.(?:{_PART}))?(?:-{_IDENTIFIERS})?(?:\+{_IDENTIFIERS})?"
_OPERATOR = r"!=|>=|=>|<=|=<|~>|=|>|<|~|\^|"
_TERM = re.compile(
    rf"\s*(?P<operator>{_OPERATOR})\s*v?(?P<major>{_PART})(?:\.(?P<minor>{_PART}))?(?:\.(?P<patch>{_PART}))?"
    rf"(?:-(?P<pre>{_IDENTIFIERS}))?(?:\+{_IDENTIFIERS})?\s*"
)
_RANGE = re.compile(rf"\s*({_LOOSE})\s+-\s+({_LOOSE})\s*")
_ALL = re.compile(rf"\s*(?:{_OPERATOR})\s*(?:{_LOOSE})\s*(?:(?:\s+|,\s*)(?:{_OPERATOR})\s*(?:{_LOOSE})\s*)*")
_LONGEST = 1000
"""Characters that a version may have: Python reads no numbers that are much longer."""
_WILD = frozenset(("x", "X", "*"))


@dataclass(frozen=True)
class Version:
    """A version; build metadata takes no part in comparison."""

    major: int
    minor: int
    patch: int
    pre: tuple[str, ...] = ()
    build: str = field(default="", compare=False)

    def __str__(self) -> str:
        pre = f"-{'.'.join(self.pre)}" if self.pre else ""
        return f"{self.major}.{self.minor}.{self.patch}{pre}" + (f"+{self.build}" if self.build else "")

    def with_build(self, build: str) -> "Version":
        """The same version with other build metadata; raises ValueError when it is none."""
        if not _BUILD.fullmatch(build):
            raise ValueError("invalid metadata string")
        return replace(self, build=build)

    def __lt__(self, other: "Version") -> bool:
        return self.rank() < other.rank()

    def __le__(self, other: "Version") -> bool:
        return self.rank() <= other.rank()

    def rank(self) -> tuple[tuple[int, int, int], bool, tuple[tuple[int, int, str], ...]]:
        """What versions compare by: for who sorts many."""
        ranked = tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in self.pre)
        return (self.major, self.minor, self.patch), not self.pre, ranked


def parse(text: str) -> Version | None:
    """A tag as a version; None when it is none. A leading ``v`` may be there."""
    # Two dots anywhere are enough for Flux: it takes "1.2-rc.1" for 1.2.0-rc.1.
    return coerce(text) if text.count(".") >= 2 else None


def coerce(text: str) -> Version | None:
    """A version of which the last numbers may be missing; None when it is none. A leading ``v`` may be there."""
    found = _VERSION.fullmatch(text) if len(text) <= _LONGEST else None
    if not found:
        return None
    numbers = [int(found[name] or 0) for name in ("major", "minor", "patch")]
    pre = tuple(found["pre"].split(".")) if found["pre"] else ()
    if max(numbers) >= 1 << 64 or any(part.isdigit() and part[0] == "0" != part for part in pre):
        return None
    return Version(numbers[0], numbers[1], numbers[2], pre, found["build"] or "")


@dataclass(frozen=True)
class _Term:
    operator: str
    version: Version
    wild: int
    """How many of the three numbers were left out or written as a wildcard: 3 means any version."""

    def allows(self, version: Version) -> bool:
        return getattr(self, _CHECKS[self.operator])(version)  # type: ignore[no-any-return]

    def _equal(self, version: Version) -> bool:
        return self._tilde(version) if self.wild else version == self.version

    def _not_equal(self, version: Version) -> bool:
        return not self._same(version, 3 - self.wild) if self.wild else version != self.version

    def _greater(self, version: Version) -> bool:
        if self.wild and self._same(version, 3 - self.wild):
            return False
        return self.version < version

    def _less(self, version: Version) -> bool:
        return version < self.version

    def _at_least(self, version: Version) -> bool:
        return self.version <= version

    def _at_most(self, version: Version) -> bool:
        return version <= self.version or bool(self.wild and self._same(version, 3 - self.wild))

    def _tilde(self, version: Version) -> bool:
        """Same minor when one was given, same major otherwise; ``~0.0.0`` is anything at all."""
        if self.version == Version(0, 0, 0) and not self.wild:
            return True
        return self.version <= version and self._same(version, min(2, 3 - self.wild))

    def _caret(self, version: Version) -> bool:
        """Nothing left of, and including, the first number that is not zero may change."""
        if version < self.version:
            return False
        numbers = (self.version.major, self.version.minor, self.version.patch)
        given = 3 - self.wild
        fixed = next((place + 1 for place, number in enumerate(numbers[:given]) if number), given)
        return self._same(version, fixed)

    def _same(self, version: Version, numbers: int) -> bool:
        mine = (self.version.major, self.version.minor, self.version.patch)
        return (version.major, version.minor, version.patch)[:numbers] == mine[:numbers]


_CHECKS = {
    "": "_equal",
    "=": "_equal",
    "!=": "_not_equal",
    ">": "_greater",
    "<": "_less",
    ">=": "_at_least",
    "=>": "_at_least",
    "<=": "_at_most",
    "=<": "_at_most",
    "~": "_tilde",
    "~>": "_tilde",
    "^": "_caret",
}


@dataclass(frozen=True)
class Constraint:
    """A version range: alternatives of terms that must all hold."""

    alternatives: tuple[tuple[_Term, ...], ...]

    @classmethod
    def parse(cls, text: str) -> "Constraint":
        """Read a range; raises ValueError with Flux's text."""
        alternatives = []
        # One blank at most between terms: the grammar allows blanks on both sides of a gap, and many of them
        # would let a hostile range take the pattern exponential time.
        ranged = _RANGE.sub(r" >=\1, <=\2 ", " ".join(text.split()))
        for part in ranged.split("||"):
            if not _ALL.fullmatch(part):
                raise ValueError(f'improper constraint: "{part}"')
            alternatives.append(tuple(_term(found) for found in _TERM.finditer(part)))
        return cls(tuple(alternatives))

    def allows(self, version: Version) -> bool:
        """Whether ``version`` is in the range."""
        return any(
            # A pre-release fits only alternatives that name one somewhere.
            (not version.pre or any(term.version.pre for term in terms)) and all(term.allows(version) for term in terms)
            for terms in self.alternatives
        )


def _term(found: re.Match[str]) -> _Term:
    numbers: list[int] = []
    for name in ("major", "minor", "patch"):
        part = found[name]
        if part is None or part in _WILD:
            break
        numbers.append(int(part))
    wild = 3 - len(numbers)
    padded = (*numbers, 0, 0, 0)
    pre = tuple(found["pre"].split(".")) if found["pre"] else ()
    return _Term(found["operator"], Version(padded[0], padded[1], padded[2], pre), wild)
