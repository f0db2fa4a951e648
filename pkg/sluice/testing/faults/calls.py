"""What a request asks of the API."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web


@dataclass(frozen=True, kw_only=True)
class Call:
    """What a request asks of the API."""

    verb: str
    """discover, list, watch, get, create, update, apply, dry-run, patch, status or delete."""
    resource: str = ""
    """The plural; "" for discovery."""
    name: str = ""

    @classmethod
    def of(cls, request: web.Request) -> Call:
        """The call that a request is."""
        resource, name, subresource = _place(request.path)
        if not resource:
            return cls(verb="discover")
        return cls(verb=_verb(request, name, subresource), resource=resource, name=name)


def _place(path: str) -> tuple[str, str, str]:
    """Resource, name and subresource of a path."""
    parts = path.strip("/").split("/")
    rest = parts[2:] if parts[0] == "api" else parts[3:]
    if len(rest) > 2 and rest[0] == "namespaces":
        rest = rest[2:]
    resource, name, subresource, *_ = (*rest, "", "", "")
    return resource, name, subresource


def _verb(request: web.Request, name: str, subresource: str) -> str:
    match request.method:
        case "GET":
            return "watch" if "watch" in request.query else "get" if name else "list"
        case "PATCH" if "apply-patch" in request.content_type:
            return "dry-run" if "dryRun" in request.query else "apply"
        case "PATCH":
            return "status" if subresource == "status" else "patch"
        case "POST":
            return "create"
        case "PUT":
            return "update"
        case _:
            return request.method.lower()
