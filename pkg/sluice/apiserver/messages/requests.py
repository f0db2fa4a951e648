"""What a request asks for, read off its path and query: no I/O, no lookups."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from sluice.apiserver import access, errors
from sluice.apiserver.validation import errors as fields

_VERBS = {"POST": "create", "GET": "get", "HEAD": "get", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
# Paths below a namespace that are the namespace's own, not a namespaced resource.
_NAMESPACE_SUBRESOURCES = frozenset({"status", "finalize"})


@dataclass(frozen=True, kw_only=True)
class Target:
    """A path that names a resource. `subresource` is one path part; anything deeper is `remainder`."""

    verb: str
    path: str
    group: str
    version: str
    plural: str
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    remainder: str = ""

    @property
    def attributes(self) -> access.Attributes:
        """What the authorizer is asked."""
        return access.Attributes(
            verb=self.verb,
            path=self.path,
            group=self.group,
            version=self.version,
            resource=self.plural,
            subresource=self.subresource,
            namespace=self.namespace,
            name=self.name,
        )


def target(method: str, path: str, query: Mapping[str, str]) -> Target | None:
    """The resource a request names, or None when its path is no resource's (`/healthz`, `/apis/apps/v1`)."""
    parts = [unquote(part) for part in path.split("/") if part]
    if len(parts) >= 3 and parts[0] == "api":
        group, version, rest = "", parts[1], parts[2:]
    elif len(parts) >= 4 and parts[0] == "apis":
        group, version, rest = parts[1], parts[2], parts[3:]
    else:
        return None
    old_style_watch = rest[0] == "watch" and len(rest) > 1
    if old_style_watch:
        rest = rest[1:]
    namespace, rest = _namespace(rest)
    plural, name, subresource, *deeper = [*rest, "", "", ""][: max(len(rest), 3)]
    verb = _verb(method, name, query, watch=old_style_watch)
    return Target(
        verb=verb,
        path=path,
        group=group,
        version=version,
        plural=plural,
        namespace=namespace,
        name=name,
        subresource=subresource,
        remainder="/".join(part for part in deeper if part),
    )


def _namespace(rest: list[str]) -> tuple[str, list[str]]:
    if rest[0] != "namespaces" or len(rest) < 2:
        return "", rest
    if len(rest) == 2 or rest[2] in _NAMESPACE_SUBRESOURCES:
        return rest[1], rest
    return rest[1], rest[2:]


def _verb(method: str, name: str, query: Mapping[str, str], *, watch: bool) -> str:
    verb = _VERBS.get(method, method.lower())
    if verb == "get" and (watch or truth(query, "watch")):
        return "watch"
    if not name:
        return {"get": "list", "delete": "deletecollection"}.get(verb, verb)
    return verb


def truth(query: Mapping[str, str], name: str) -> bool:
    """A boolean parameter, as Kubernetes reads them: present and neither `false` nor `0`."""
    value = query.get(name)
    return value is not None and value.lower() not in ("false", "0")


def number(query: Mapping[str, str], name: str) -> int | None:
    """An integer parameter; bad_request when it is none."""
    value = query.get(name)
    if value is None or value == "":
        return None
    try:
        return int(value)
    except ValueError as error:
        raise errors.bad_request(f'strconv.ParseInt: parsing "{value}": invalid syntax') from error


@dataclass(frozen=True, kw_only=True)
class WriteOptions:
    """How a write is to be done."""

    manager: str = "unknown"
    """The field manager: the parameter, else the user agent up to its first slash."""
    explicit_manager: bool = True
    """Whether the client named the manager itself, which server-side apply demands."""
    dry_run: bool = False
    force: bool = False
    field_validation: str = "Warn"


def write_options(query: Mapping[str, str], user_agent: str, *, options_kind: str) -> WriteOptions:
    """From the query of a create, update or patch; `options_kind` names them in an error (`CreateOptions`)."""
    validation = query.get("fieldValidation") or "Warn"
    causes = []
    if query.get("dryRun", "") not in ("", "All"):
        causes.append(fields.not_supported("dryRun", [query["dryRun"]], ("All",)))
    if validation not in ("Ignore", "Warn", "Strict"):
        causes.append(fields.not_supported("fieldValidation", validation, ("", "Ignore", "Strict", "Warn")))
    manager = query.get("fieldManager", "")
    if len(manager) > 128:
        causes.append(fields.too_long("fieldManager", 128))
    if causes:
        raise errors.invalid_kind("meta.k8s.io", options_kind, "", causes)
    return WriteOptions(
        manager=manager or (user_agent.split("/", 1)[0][:128] or "unknown"),
        explicit_manager=bool(manager),
        dry_run=query.get("dryRun", "") == "All",
        force=truth(query, "force"),
        field_validation=validation,
    )
