import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from sluice_cli import lazy, main, style


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


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
async def test_every_shell_is_given_its_completion(sluice: Any, shell: str) -> None:
    ran = await sluice("completion", shell)
    assert (ran.status, ran.err) == (0, "")
    assert f"_SLUICE_COMPLETE={shell}_complete" in ran.out
    word = "kust" if shell == "fish" else "2"
    offered = await sluice(_SLUICE_COMPLETE=f"{shell}_complete", COMP_WORDS="sluice get kust", COMP_CWORD=word)
    assert "kustomizations" in offered.out


async def test_messages_are_plain_where_the_locale_has_no_such_signs(sluice: Any) -> None:
    ran = await sluice("get", "all", PYTHONIOENCODING="latin-1")
    assert (ran.status, ran.err.splitlines()[0][:4]) == (1, "x ku")


def test_reading_no_further_is_no_crash() -> None:
    command = f"{sys.executable} -m sluice_cli --help | true"
    ran = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    assert ran.stderr == ""


def test_colours_can_be_declined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert style.done() == "\x1b[32m✓\x1b[0m"
    monkeypatch.setenv("NO_COLOR", "1")
    assert (style.done(), style.failed(), style.warning()) == ("✓", "✗", "!")


def test_commit_ids_and_digests_are_cut_to_what_people_read() -> None:
    commit, digest = "9035400" + 33 * "a", "0123456" + 57 * "b"
    assert style.short(f"main@sha1:{commit} sha256:{digest} x") == "main@sha1:9035400… sha256:0123456… x"
    assert style.short("deadbeef 12345678") == "deadbeef 12345678"
