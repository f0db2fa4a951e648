import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from sluice_cli import lazy, main


def commands(group: click.Group, path: str = "sluice") -> Iterator[tuple[str, click.Command]]:
    assert isinstance(group, lazy.LazyGroup)
    context = click.Context(group)
    for name in group._entries:
        command = group.get_command(context, name)
        assert command is not None
        yield f"{path} {name}", command
        if isinstance(command, lazy.LazyGroup):
            yield from commands(command, f"{path} {name}")


def test_every_command_can_be_loaded_and_says_what_it_does() -> None:
    found = dict(commands(main.cli))
    assert {"sluice get all", "sluice get ks", "sluice build kustomization", "sluice dev up", "sluice demo"} <= set(
        found
    )
    assert [path for path, command in found.items() if not command.help] == []


async def test_help_lists_the_commands_and_shows_examples(sluice: Any) -> None:
    ran = await sluice("--help")
    assert ran.status == 0
    for word in ("get", "build", "dev", "demo", "sluice dev up"):
        assert word in ran.out


def test_help_is_there_at_once() -> None:
    command = [sys.executable, "-m", "sluice_cli", "--help"]
    best = min(_seconds(command) for _ in range(5))
    assert best < 0.2


def test_help_imports_nothing_heavy() -> None:
    program = """
import sys
from sluice_cli import main
sys.argv = ["sluice", "--help"]
try:
    main.main()
except SystemExit:
    print(*sys.modules)
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(ran.stdout.split())
    assert loaded & {"aiohttp", "kubernetes", "pydantic", "pygit2", "sluice.kube", "yaml", "rich"} == set()


async def test_the_version_is_told(sluice: Any) -> None:
    ran = await sluice("--version")
    assert ran.out.startswith("sluice 0.")


@pytest.mark.parametrize(("typed", "meant"), [("gte", "get"), ("demp", "demo")])
async def test_a_misspelt_command_is_answered_with_the_nearest(sluice: Any, typed: str, meant: str) -> None:
    ran = await sluice(typed)
    assert ran.status == 2
    assert f"Did you mean '{meant}'" in ran.err


async def test_what_was_not_foreseen_is_one_line_unless_asked_for_more(sluice: Any, tmp_path: Path) -> None:
    (tmp_path / "sluice_api.py").write_text("raise LookupError('nobody home')")
    ran, debugged = [
        await sluice("get", "ks", PYTHONPATH=str(tmp_path), **more) for more in ({}, {"SLUICE_DEBUG": "1"})
    ]
    assert (ran.status, ran.err.splitlines()[0]) == (1, "✗ unexpected LookupError: nobody home")
    assert "Traceback" not in ran.err
    assert "Traceback" in debugged.err


def _seconds(command: list[str]) -> float:
    started = time.monotonic()
    subprocess.run(command, capture_output=True, check=True)
    return time.monotonic() - started
