import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from sluice.runtime import logs
from sluice.runtime.redaction import redact


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    before = structlog.get_config()
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield io.StringIO()
    structlog.configure(**before)
    root.handlers[:] = handlers
    root.setLevel(level)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_has_the_keys_that_flux_users_search_for(stream: io.StringIO) -> None:
    logs.configure(stream=stream)
    log = structlog.get_logger().bind(controllerKind="GitRepository", namespace="ns", name="src")
    log.info("stored artifact", revision="main@sha1:1")
    [line] = lines(stream)
    assert list(line)[:3] == ["level", "ts", "msg"]
    assert line["ts"].endswith("Z")
    del line["ts"]
    assert line == {
        "level": "info",
        "msg": "stored artifact",
        "controllerKind": "GitRepository",
        "namespace": "ns",
        "name": "src",
        "revision": "main@sha1:1",
    }


def test_an_error_has_its_text_and_its_stack(stream: io.StringIO) -> None:
    logs.configure(stream=stream)
    try:
        raise ValueError("broken")
    except ValueError as error:
        structlog.get_logger().error("reconciler error", exc_info=error)
    [line] = lines(stream)
    assert (line["level"], line["error"]) == ("error", "broken")
    assert "ValueError: broken" in line["stacktrace"]


@pytest.mark.parametrize(("level", "seen"), [("error", 1), ("info", 2), ("debug", 3), ("trace", 3)])
def test_the_level_decides_what_is_said(stream: io.StringIO, level: str, seen: int) -> None:
    logs.configure(level=level, stream=stream)
    log = structlog.get_logger()
    log.debug("d")
    log.info("i")
    log.error("e")
    assert len(lines(stream)) == seen


def test_the_console_encoding_is_for_people(stream: io.StringIO) -> None:
    logs.configure(encoding="console", stream=stream)
    structlog.get_logger().info("hello", name="src")
    assert "hello" in stream.getvalue()
    assert not stream.getvalue().startswith("{")


def test_what_libraries_log_comes_out_the_same_way(stream: io.StringIO) -> None:
    logs.configure(stream=stream)
    logging.getLogger("some.library").error("it broke: %s", "badly")
    [line] = lines(stream)
    assert line["logger"] == "some.library"
    assert line["detail"] == "it broke: badly"


def test_secrets_are_masked_by_key_and_by_shape(stream: io.StringIO) -> None:
    logs.configure(stream=stream)
    structlog.get_logger().info(
        "cloning https://user:hunter2@example.com/r.git",
        password="hunter2",
        auth={"bearerToken": "hunter2", "user": "me"},
        secretRef="git-auth",
        urls=["https://hunter2@example.com"],
    )
    text = stream.getvalue()
    assert "hunter2" not in text
    [line] = lines(stream)
    assert line["secretRef"] == "git-auth"
    assert line["auth"]["user"] == "me"


@pytest.mark.parametrize(
    "text",
    [
        "https://user:hunter2secret@host/path",
        "Authorization: Bearer hunter2secret",
        'got "password":"hunter2secret"',
        "?token=hunter2secret&x=1",
        "-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2secret\n-----END OPENSSH PRIVATE KEY-----",
        "ghp_hunter2secret",
        "AGE-SECRET-KEY-1HUNTER2SECRET",
    ],
)
def test_what_looks_like_a_secret_is_taken_out(text: str) -> None:
    assert "hunter2secret" not in redact(text).lower()


@pytest.mark.parametrize(
    "text",
    [
        "unable to clone 'http://127.0.0.1:18080/x.git': couldn't find remote ref \"refs/heads/none\"",
        "failed to get secret 'ns/none': secrets \"none\" not found",
        "Secret/ns/token created",
        "Applied revision: main@sha1:d4cd7269bb03eb9f0fd21b1516c11ff21c68ade5",
        "basic auth requires a username",
        "failed to create token credential from 'az' Secret",
        "see https://example.com/a@b",
    ],
)
def test_what_is_no_secret_is_left_as_it_is(text: str) -> None:
    assert redact(text) == text
