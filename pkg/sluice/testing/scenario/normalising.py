"""Taking out of an observation what differs from run to run.

Times, durations, digests, temporary paths, ports and commit ids become placeholders, commits numbered in the order they
are met, so that two observations of the same behaviour are equal.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

Object = dict[str, Any]
Commits = dict[str, str]

_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_DURATION: Final = re.compile(r"(?<![\w./@:-])(\d+(\.\d+)?(h|ms|µs|us|s|m))+(?![\w./-])")
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")
_INDEX: Final = re.compile(r"(?<=/index-)[0-9a-f]{64}(?=\.yaml)")
_ADDRESS: Final = re.compile(r"(https?)://127\.0\.0\.1:\d{2,5}(?=/)")
_TEMPORARY: Final = re.compile(r"(<tmp>|/tmp/[\w.-]+(/[\w.-]+)*?)/(?=[\w.]+)")
_BUILT_IN: Final = re.compile(r"/\w+/([\w.-]+/)*kustomization-\d+(?![\w./-])")
"""The folder of a build itself, as messages name it; what lies in it is told by `_TEMPORARY`."""
_COMMIT: Final = re.compile(r"\b[0-9a-f]{40}\b")
_ASKED: Final = re.compile(r"^ask-\d+$")

_SIZE: Final = "size"
"""An artifact's size depends on who packed it, and how; the recordings leave it out."""
_SECONDS: Final = frozenset(("createdAt", "modifiedAt"))
"""Labels of Helm's records that are times."""
_TRIES: Final = "failures"
_OF_SIZE: Final = re.compile(r"(?<=of size )[\d.]+[kMG]?B")

_REPLACED: Final[tuple[tuple[re.Pattern[str], str], ...]] = (
    (_TIME, "<time>"),
    (_DIGEST, "sha256:<digest>"),
    (_INDEX, "<digest>"),
    (_ADDRESS, r"\1://<address>"),
    (_BUILT_IN, "<tmp>"),
    (_TEMPORARY, ""),
    (_DURATION, "<duration>"),
    (_ASKED, "<asked>"),
    (_OF_SIZE, "<size>"),
)


def normalise(observation: Any, commits: Commits) -> Any:
    """The observation with placeholders; `commits` carries the numbering from one observation to the next."""
    observation = _mapped_tries(observation)
    for text in _texts(observation):
        for commit in _COMMIT.findall(text):
            commits.setdefault(commit, f"<commit {len(commits) + 1}>")
    return _mapped(observation, lambda text: _normalised(text, commits))


def _mapped_tries(value: Any) -> Any:
    """How often something has failed that is tried again and again is a matter of time."""
    if isinstance(value, dict):
        failing = _TRIES in value and any(
            each.get("type") == "Reconciling" and each.get("reason") == "Progressing"
            for each in value.get("conditions", ())
        )
        return {key: "<tries>" if failing and key == _TRIES else _mapped_tries(item) for key, item in value.items()}
    return value


def _normalised(text: str, commits: Commits) -> str:
    for pattern, replacement in _REPLACED:
        text = pattern.sub(replacement, text)
    return _COMMIT.sub(lambda match: commits[match.group()], text)


def _texts(value: Any) -> Iterator[str]:
    """Every text within a value, in the order in which keys are sorted: the order of two runs must not matter."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key in sorted(value):
            yield from _texts(value[key])
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {
            key: "<time>" if key in _SECONDS else _mapped(item, change) for key, item in value.items() if key != _SIZE
        }
    if isinstance(value, list):
        return [_mapped(item, change) for item in value]
    return value
