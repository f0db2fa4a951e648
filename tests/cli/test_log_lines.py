import json
from pathlib import Path

import click

from sluice_cli import log_lines


def test_a_json_line_becomes_a_sentence_with_keys() -> None:
    line = json.dumps(
        {
            "level": "info",
            "ts": "2026-11-21T09:00:07.123456Z",
            "msg": "stored artifact for commit",
            "controller": "gitrepository",
            "controllerKind": "GitRepository",
            "GitRepository": {"name": "web", "namespace": "apps"},
            "namespace": "apps",
            "name": "web",
            "reconcileID": "c0ffee",
            "revision": "main@sha1:5f0b3a0c",
            "files": 3,
        }
    )
    assert click.unstyle(log_lines.readable("source-controller", line)) == (
        "09:00:07 source-controller     GitRepository/apps/web stored artifact for commit "
        "revision=main@sha1:5f0b3a0c files=3"
    )


def test_a_change_set_is_told_by_what_happened() -> None:
    output = {"Namespace/a": "created", "Service/a/b": "unchanged", "ConfigMap/a/c": "created", "Job/a/d": "unchanged"}
    line = json.dumps({"msg": "applied", "output": output})
    shown = click.unstyle(log_lines.readable("kustomize-controller", line))
    assert shown == "kustomize-controller  applied created Namespace/a, ConfigMap/a/c; 2 unchanged"


def test_what_is_not_json_is_shown_as_it_is() -> None:
    assert click.unstyle(log_lines.readable("apiserver", "listening")) == "apiserver             listening"
    assert click.unstyle(log_lines.readable("apiserver", "17")) == "apiserver             17"


def test_a_tail_shows_complete_lines_once_and_nothing_from_before(tmp_path: Path) -> None:
    log = tmp_path / "log"
    absent = log_lines.Tail("x", log)
    assert absent.fresh() == []
    log.write_text("before\n")
    tail = log_lines.Tail("x", log)
    with log.open("a") as file:
        file.write("one\ntw")
        file.flush()
        assert [line.split()[-1] for line in tail.fresh()] == ["one"]
        file.write("o\n\n")
        file.flush()
        assert [line.split()[-1] for line in tail.fresh()] == ["two"]
    assert tail.fresh() == []
    assert [line.split()[-1] for line in absent.fresh()] == ["before", "one", "two"]
