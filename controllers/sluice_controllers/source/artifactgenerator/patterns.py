"""`spec.pathPattern`: an artifact for each directory of a source that a pattern finds, by what it captures."""

import os
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from sluice_controllers.source.artifactgenerator.copying import Copy

_CAPTURE: Final = re.compile(r"\{([^{}]*)\}")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LABEL_VALUE: Final = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?")
_LABEL_KEY: Final = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
_SUBDOMAIN: Final = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LABEL_RULE: Final = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
_KEY_RULE: Final = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
_NAME_RULE: Final = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)


class PatternError(Exception):
    """A pattern, or what it finds, of which no artifacts can be made; nothing but a change helps."""


@dataclass(frozen=True, kw_only=True)
class Output:
    """One artifact to make: `spec.artifacts[]`."""

    name: str
    copies: tuple[Copy, ...]
    revision: str = ""
    origin_revision: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    """What a pattern captured."""


def name_fault(name: str) -> str:
    """Why an object cannot be called so, in the API server's words; empty if it can."""
    if len(name) > 253:
        return "must be no more than 253 bytes"
    return "" if _SUBDOMAIN.fullmatch(name) else _NAME_RULE


def expanded(outputs: tuple[Output, ...], pattern: str, sources: Mapping[str, Path]) -> tuple[Output, ...]:
    """The artifacts to make, of every directory that the pattern finds; raises PatternError."""
    try:
        alias, finder = _finder(pattern, sources)
        found: dict[str, str] = {}
        made: list[Output] = []
        for directory in _directories(sources[alias], ""):
            if match := finder.fullmatch(directory):
                made += [_rendered(output, match.groupdict(), directory, found) for output in outputs]
        return tuple(made)
    except PatternError as error:
        text = str(error)
        raise PatternError(
            text if text.startswith("invalid pathPattern") else f'pathPattern "{pattern}": {text}'
        ) from None


def _finder(pattern: str, sources: Mapping[str, Path]) -> tuple[str, re.Pattern[str]]:
    alias, slash, path = pattern.partition("/")
    if not slash or not alias.startswith("@"):
        raise PatternError(f"invalid pathPattern format: {pattern}")
    if alias[1:] not in sources:
        raise PatternError(f"source alias {alias[1:]} not found in local sources")
    parts, seen = [], set[str]()
    for number, part in enumerate(_pieces(path)):
        if number % 2 == 0:
            parts.append(re.escape(part))
            continue
        if part in seen:
            raise PatternError(f'duplicate capture variable "{part}"')
        if len(part) > 63 or not _LABEL_KEY.fullmatch(part):
            raise PatternError(f'capture variable "{part}" is not a valid Kubernetes label key: {_KEY_RULE}')
        seen.add(part)
        parts.append(f"(?P<{part}>[^/]+)")
    return alias[1:], re.compile("".join(parts))


def _pieces(text: str) -> list[str]:
    """Text and names of captures by turns."""
    pieces = _CAPTURE.split(text)
    for number, piece in enumerate(pieces):
        if number % 2 == 0 and (stray := re.search(r"[{}]", piece)):
            side = "closing" if stray[0] == "{" else "opening"
            raise PatternError(f"invalid capture: missing {side} brace")
        if number % 2 == 1 and not piece:
            raise PatternError("empty capture variable")
        if number % 2 == 1 and not _NAME.fullmatch(piece):
            raise PatternError(
                f'capture variable "{piece}" must be a valid capture name matching [A-Za-z_][A-Za-z0-9_]*'
            )
    return pieces


def _directories(root: Path, path: str) -> Iterator[str]:
    for name in sorted(os.listdir(root / path)):
        child = posixpath.join(path, name)
        if (root / child).is_dir():
            yield child
            yield from _directories(root, child)


def _rendered(output: Output, captured: Mapping[str, str], directory: str, found: dict[str, str]) -> Output:
    labels = {name: value.lower() for name, value in captured.items()}
    for name, value in labels.items():
        if len(value) > 63 or not _LABEL_VALUE.fullmatch(value):
            rule = "must be no more than 63 bytes" if len(value) > 63 else _LABEL_RULE
            raise PatternError(
                f'captured value "{value}" for variable "{name}" is not a valid Kubernetes label value: {rule}'
            )
    try:
        made = replace(
            output,
            name=_filled(output.name, labels),
            copies=tuple(
                replace(each, source=_filled(each.source, captured), to=_filled(each.to, captured))
                for each in output.copies
            ),
            labels=labels,
        )
    except PatternError as error:
        raise PatternError(f"failed to render artifact {output.name} for match {directory}: {error}") from None
    if fault := name_fault(made.name):
        raise PatternError(f'rendered artifact name "{made.name}" is not a valid Kubernetes object name: {fault}')
    if (before := found.get(made.name)) is not None:
        raise PatternError(f'directories "{before}" and "{directory}" both resolve to artifact name "{made.name}"')
    found[made.name] = directory
    return made


def _filled(template: str, values: Mapping[str, str]) -> str:
    try:
        pieces = _pieces(template)
    except PatternError as error:
        raise PatternError(f'invalid template "{template}": {error}') from None
    for name in pieces[1::2]:
        if name not in values:
            raise PatternError(
                f'invalid template "{template}": capture variable "{name}" is not defined by pathPattern'
            )
    return "".join(values[piece] if number % 2 else piece for number, piece in enumerate(pieces))
