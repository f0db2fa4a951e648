"""The controllers' JSON logs, made readable: time, who, what about, what happened, and the rest as key=value."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sluice_cli import style

_COLOURS = {"error": "red", "warning": "yellow", "debug": "bright_black", "trace": "bright_black"}
_TOLD = frozenset({"level", "ts", "msg", "namespace", "name", "stacktrace"})
# True of every line of a controller, or of use to machines only.
_NOISE = frozenset({"controller", "controllerGroup", "controllerKind", "reconcileID"})


def readable(who: str, line: str) -> str:
    """One line of a log; what is not JSON stays as it is."""
    try:
        event = json.loads(line)
    except ValueError:
        event = None
    prefix = style.paint(f"{who:<21}", "cyan")
    if not isinstance(event, Mapping):
        return f"{prefix} {line}"
    level = str(event.get("level", "info"))
    text = style.paint(str(event.get("msg", "")), _COLOURS.get(level))
    parts = [_time(event), prefix, _about(event), text, *_rest(event)]
    return " ".join(part for part in parts if part)


def _time(event: Mapping[str, Any]) -> str:
    moment = str(event.get("ts", ""))
    return moment[11:19] if "T" in moment else ""


def _about(event: Mapping[str, Any]) -> str:
    if not event.get("name"):
        return ""
    kind = event.get("controllerKind") or event.get("kind") or ""
    return style.paint("/".join(str(part) for part in (kind, event.get("namespace"), event["name"]) if part), bold=True)


def _rest(event: Mapping[str, Any]) -> list[str]:
    parts = []
    for key, value in event.items():
        if isinstance(value, Mapping):
            # Either the object again, which is told already, or a change set.
            parts += [] if {"name", "namespace"} >= set(value) else [_changes(value)]
        elif key not in _TOLD | _NOISE:
            text = value if isinstance(value, str) else json.dumps(value)
            parts.append(style.paint(f"{key}=", "bright_black") + text)
    return parts


def _changes(output: Mapping[str, Any]) -> str:
    """`{"Service/a": "created", ...}` by what happened; what stayed as it was is only counted."""
    by_change: dict[str, list[str]] = {}
    for name, change in output.items():
        by_change.setdefault(str(change), []).append(name)
    return "; ".join(
        f"{len(names)} {change}" if change == "unchanged" else f"{change} {', '.join(names)}"
        for change, names in by_change.items()
    )


class Tail:
    """Reads what is added to a file, line by line."""

    def __init__(self, who: str, path: Path) -> None:
        self._who = who
        self._path = path
        self._position = path.stat().st_size if path.exists() else 0
        self._rest = b""

    def fresh(self) -> list[str]:
        """The lines completed since the last call, readable."""
        if not self._path.exists():
            return []
        with self._path.open("rb") as file:
            file.seek(self._position)
            added = file.read()
        self._position += len(added)
        *lines, self._rest = (self._rest + added).split(b"\n")
        return [readable(self._who, line.decode("utf-8", "replace")) for line in lines if line.strip()]
