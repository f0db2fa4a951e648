"""Bodies to documents, and the unknown fields in them, told as the request's fieldValidation asks."""

from dataclasses import dataclass, field
from typing import Any

import orjson

from sluice import yamlio
from sluice.apiserver import errors, validation
from sluice.apiserver.kinds import KindInfo
from sluice.apiserver.messages import duplicates, media, protobuf
from sluice.apiserver.storage.entries import Object

_ACCEPTED = (media.JSON, media.YAML, protobuf.MEDIA_TYPE)


@dataclass
class Findings:
    """Field problems of one request: an error for `Strict`, warnings for `Warn`, nothing for `Ignore`."""

    directive: str
    preface: str = ""
    """What the error of a strict request begins with."""
    warnings: list[str] = field(default_factory=list)

    def add(self, found: list[str]) -> None:
        """Take note; bad_request at once if the request is strict."""
        if not found or self.directive == "Ignore":
            return
        if self.directive == "Strict":
            raise errors.bad_request(f"{self.preface}strict decoding error: {', '.join(found)}")
        self.warnings.extend(found)


def document(raw: bytes, content_type: str, told: Findings | None = None) -> Any:
    """The body of a create, update or delete; fields given twice are noted."""
    if content_type == media.YAML:
        return yaml_document(raw)
    if content_type == protobuf.MEDIA_TYPE:
        return protobuf_document(raw)
    if content_type not in (media.JSON, ""):
        raise errors.unsupported_media_type(_ACCEPTED)
    found = json_document(raw, what="the object provided is unrecognized: couldn't get version/kind; json parse error")
    if told is not None and told.directive != "Ignore":
        told.add([f'duplicate field "{path}"' for path in duplicates.find(raw)])
    return found


def any_document(raw: bytes) -> Any:
    """JSON or YAML, whichever it is: what server-side apply takes."""
    return json_document(raw) if raw.lstrip()[:1] == b"{" else yaml_document(raw)


def json_document(raw: bytes, *, what: str = "error decoding patch") -> Any:
    """A JSON document; bad_request, whose message says first what could not be read."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise errors.bad_request(f"{what}: {error}") from error


def yaml_document(raw: bytes) -> Any:
    """A YAML document; bad_request."""
    try:
        return yamlio.load(raw)
    except yamlio.YAMLError as error:
        raise errors.bad_request(f"error decoding YAML: {error}") from error


def protobuf_document(raw: bytes) -> Any:
    """An object in Kubernetes' protobuf envelope; bad_request."""
    try:
        return protobuf.decode(raw)
    except protobuf.ProtobufError as error:
        raise errors.bad_request(str(error)) from error


def unknown_fields(kind: KindInfo, obj: Object, told: Findings) -> None:
    """Note the fields the kind does not have; they are dropped later, whatever is said of them.

    bad_request for fields of another type than the kind's.
    """
    try:
        found = validation.unknown_fields(obj, kind=kind)
    except validation.Malformed as refused:
        raise errors.bad_request(str(refused)) from refused
    told.add([f'unknown field "{path}"' for path in found])
