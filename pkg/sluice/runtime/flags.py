"""Command-line flags as Flux's controllers take them, read into one frozen dataclass.

`--name=value` and `--name value`; booleans also bare (`--watch-all-namespaces=false`, `--enable-leader-election`);
durations as Go writes them; lists by comma or by repetition. A flag wins over its environment variable, which wins
over the default.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

from sluice.runtime.errors import SettingsError
from sluice.runtime.standings import SAME, Gate, Standing, Verdict
from sluice_api import meta

S = TypeVar("S")
_FLAG: Final = "sluice.flag"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Flag:
    """One flag: how it is spelled, where else its value may come from, how it is read."""

    name: str
    help: str
    env: str = ""
    """Environment variable used when the flag is absent."""
    parse: Callable[[str], Any]
    bare: str | None = None
    """The value of the flag given without one; None: a value must follow."""
    repeatable: bool = False
    standing: Standing = SAME
    gates: Mapping[str, Gate] = dataclasses.field(default_factory=dict)
    """The feature gates that it switches."""


def text(
    name: str, default: str, help_: str, *, env: str = "", choices: Sequence[str] = (), standing: Standing = SAME
) -> Any:
    """A string, optionally one of a few."""

    def parse(value: str) -> str:
        if choices and value not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return value

    return _field(Flag(name=name, help=help_, env=env, parse=parse, standing=standing), default)


def integer(
    name: str, default: int, help_: str, *, least: int = 0, most: int | None = None, standing: Standing = SAME
) -> Any:
    """A whole number in a range."""

    def parse(value: str) -> int:
        number = int(value)
        if number < least or (most is not None and number > most):
            raise ValueError(f"must be at least {least}" + ("" if most is None else f" and at most {most}"))
        return number

    return _field(Flag(name=name, help=help_, parse=parse, standing=standing), default)


def number(name: str, default: float, help_: str, *, standing: Standing = SAME) -> Any:
    """A number that need not be whole."""
    return _field(Flag(name=name, help=help_, parse=float, standing=standing), default)


def boolean(name: str, default: bool, help_: str, *, standing: Standing = SAME) -> Any:
    """True or false, as Go reads them."""
    return _field(Flag(name=name, help=help_, parse=_boolean, bare="true", standing=standing), default)


def duration(name: str, default: str, help_: str, *, standing: Standing = SAME) -> Any:
    """A Go duration; the field holds seconds."""
    flag = Flag(name=name, help=help_, parse=meta.parse_duration, standing=standing)
    return _field(flag, meta.parse_duration(default))


def texts(name: str, default: tuple[str, ...], help_: str, *, standing: Standing = SAME) -> Any:
    """Strings, by comma or by repeating the flag."""
    return _field(Flag(name=name, help=help_, parse=_texts, repeatable=True, standing=standing), default)


def gates(name: str, known: Mapping[str, Gate], help_: str) -> Any:
    """Feature gates: `Name=true,Other=false`. The field holds every known gate's value."""
    defaults = {gate: one.default for gate, one in known.items()}

    def parse(value: str) -> Mapping[str, bool]:
        chosen = {gate.strip(): _boolean(state.strip() or "true") for gate, _, state in _gates(value)}
        if unknown := sorted(set(chosen) - set(known)):
            raise ValueError(f"unknown feature gate {unknown[0]!r}; known are {', '.join(sorted(known)) or 'none'}")
        for gate, state in chosen.items():
            if state != defaults[gate] and known[gate].standing.verdict is Verdict.REFUSED:
                raise ValueError(f"{gate} is not supported: {known[gate].standing.why}")
        return {**defaults, **chosen}

    flag = Flag(name=name, help=help_, parse=parse, repeatable=True, gates=known)
    return dataclasses.field(default_factory=lambda: dict(defaults), metadata={_FLAG: flag})


def parse(settings: type[S], arguments: Sequence[str], environment: Mapping[str, str]) -> S:
    """The settings that the arguments and the environment ask for.

    Raises:
        SettingsError: an unknown flag, a missing or unreadable value, or one that is refused; the text names the flag.
    """
    flags = {flag.name: (field, flag) for field, flag in flags_of(settings)}
    given: dict[str, list[str]] = {}
    for name, value in _split(arguments, {name: flag for name, (_, flag) in flags.items()}):
        given.setdefault(name, []).append(value)
    values: dict[str, Any] = {}
    for name, (field, flag) in flags.items():
        if name in given:
            source, raw = f"--{name}", ",".join(given[name]) if flag.repeatable else given[name][-1]
        elif flag.env and environment.get(flag.env):
            source, raw = flag.env, environment[flag.env]
        else:
            continue
        try:
            values[field] = flag.parse(raw)
        except ValueError as error:
            raise SettingsError(f'invalid value "{raw}" for {source}: {error}') from None
        if values[field] and flag.standing.verdict is Verdict.REFUSED:
            raise SettingsError(f"{source} is not supported: {flag.standing.why}")
    return settings(**values)


def flags_of(settings: type[Any]) -> Iterator[tuple[str, Flag]]:
    """The fields of a settings class that are flags."""
    for field in dataclasses.fields(settings):
        if _FLAG in field.metadata:
            yield field.name, field.metadata[_FLAG]


def usage(settings: type[Any], program: str) -> str:
    """The help text."""
    lines = [f"Usage of {program}:"]
    for flag in sorted((flag for _, flag in flags_of(settings)), key=lambda flag: flag.name):
        env = f" (env {flag.env})" if flag.env else ""
        lines += [f"  --{flag.name}", f"        {flag.help}{env}"]
    return "\n".join(lines)


def _field(flag: Flag, default: Any) -> Any:
    return dataclasses.field(default=default, metadata={_FLAG: flag})


def _split(arguments: Sequence[str], flags: Mapping[str, Flag]) -> Iterator[tuple[str, str]]:
    remaining = iter(arguments)
    for argument in remaining:
        name, equals, value = argument.removeprefix("-").removeprefix("-").partition("=")
        if not argument.startswith("-"):
            raise SettingsError(f'unexpected argument "{argument}"')
        if name not in flags:
            raise SettingsError(f"unknown flag: --{name}")
        if equals:
            yield name, value
        elif (bare := flags[name].bare) is not None:
            yield name, bare
        else:
            following = next(remaining, None)
            if following is None:
                raise SettingsError(f"flag needs an argument: --{name}")
            yield name, following


def _boolean(value: str) -> bool:
    if value in ("1", "t", "T", "true", "TRUE", "True"):
        return True
    if value in ("0", "f", "F", "false", "FALSE", "False"):
        return False
    raise ValueError("must be true or false")


def _texts(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _gates(value: str) -> list[tuple[str, str, str]]:
    return [part.partition("=") for part in value.split(",") if part.strip()]
