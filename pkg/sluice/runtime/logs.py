"""Structured logs with the keys that Flux's users search for: level, ts, msg, error, stacktrace and the object's."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, Final, TextIO

import orjson
import structlog

from sluice.runtime.redaction import redact, redact_value

_LEVELS: Final = {"trace": logging.DEBUG, "debug": logging.DEBUG, "info": logging.INFO, "error": logging.ERROR}

EventDict = MutableMapping[str, Any]


def configure(*, level: str = "info", encoding: str = "json", stream: TextIO | None = None) -> None:
    """Send every log line of the process to the stream (stderr by default), encoded as asked."""
    render = _render_json if encoding == "json" else structlog.dev.ConsoleRenderer(event_key="msg", timestamp_key="ts")
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%Y-%m-%dT%H:%M:%S.%fZ", utc=True, key="ts"),
            _stacktrace,
            structlog.processors.EventRenamer("msg"),
            _masked,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(stream or sys.stderr),
        cache_logger_on_first_use=False,
    )
    _capture_standard_logging(_LEVELS[level])


class _Forwarder(logging.Handler):
    """Hands what libraries log to the same stream, in the same shape."""

    def emit(self, record: logging.LogRecord) -> None:
        log = structlog.get_logger().bind(logger=record.name)
        exc_info = record.exc_info if record.exc_info and record.exc_info[0] else None
        method = log.error if record.levelno >= logging.ERROR else log.info
        method("library message", detail=record.getMessage(), exc_info=exc_info)


def _capture_standard_logging(level: int) -> None:
    root = logging.getLogger()
    for handler in list(root.handlers):
        if isinstance(handler, _Forwarder):
            root.removeHandler(handler)
    root.addHandler(_Forwarder())
    root.setLevel(max(level, logging.WARNING))


def _stacktrace(_: Any, __: str, event: EventDict) -> EventDict:
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event.setdefault("error", str(error))
        event["stacktrace"] = "".join(traceback.format_exception(error))
    return event


def _masked(_: Any, __: str, event: EventDict) -> EventDict:
    return {key: redact(value) if key == "msg" else redact_value(key, value) for key, value in event.items()}


def _render_json(_: Any, __: str, event: EventDict) -> str:
    first = {key: event.pop(key) for key in ("level", "ts", "msg") if key in event}
    return orjson.dumps({**first, **event}, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
