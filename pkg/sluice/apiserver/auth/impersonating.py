"""Acting as somebody else: the Impersonate headers, and the right to each thing they ask for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from sluice.apiserver import access, errors
from sluice.apiserver.auth import accounts

_USER: Final = "Impersonate-User"
_GROUP: Final = "Impersonate-Group"
_UID: Final = "Impersonate-Uid"
_EXTRA: Final = "impersonate-extra-"
_AUTHENTICATION: Final = "authentication.k8s.io"


@dataclass(frozen=True, kw_only=True)
class Wish:
    """Whom a request wants to act as."""

    user: str
    groups: tuple[str, ...]
    uid: str
    extra: Mapping[str, tuple[str, ...]]


def wish(headers: Mapping[str, str]) -> Wish | None:
    """What the headers ask for; None when they ask for nothing. Raises bad_request."""
    extra: dict[str, tuple[str, ...]] = {}
    for name in dict.fromkeys(name.lower() for name in headers if name.lower().startswith(_EXTRA)):
        extra[unquote(name.removeprefix(_EXTRA))] = _values(headers, name)
    user, uid, groups = headers.get(_USER, ""), headers.get(_UID, ""), _values(headers, _GROUP)
    found = Wish(user=user, groups=groups, uid=uid, extra=extra)
    if not user and (groups or uid or extra):
        raise errors.bad_request(f"requested {_references(found)} without impersonating a user")
    return found if user else None


def impersonated(user: access.User, wanted: Wish, authorizer: access.Authorizer) -> access.User:
    """The user wanted, if the one asking may act as them in every respect. Raises denied (403)."""
    for asked in _rights(wanted):
        decision = authorizer.authorize(user, asked)
        if not decision.allowed:
            raise errors.denied(user.name, asked, decision.reason)
    return access.User(name=wanted.user, groups=_groups(wanted), uid=wanted.uid, extra=wanted.extra)


def _rights(wanted: Wish) -> Iterator[access.Attributes]:
    account = accounts.parsed(wanted.user)
    if account is not None:
        yield _right("serviceaccounts", account[1], namespace=account[0])
    else:
        yield _right("users", wanted.user)
    for group in wanted.groups:
        yield _right("groups", group)
    for key, values in wanted.extra.items():
        for value in values:
            yield _right("userextras", value, group=_AUTHENTICATION, subresource=key)
    if wanted.uid:
        yield _right("uids", wanted.uid, group=_AUTHENTICATION)


def _right(
    resource: str, name: str, *, group: str = "", namespace: str = "", subresource: str = ""
) -> access.Attributes:
    return access.Attributes(
        verb="impersonate",
        path="",
        group=group,
        version="v1",
        resource=resource,
        subresource=subresource,
        namespace=namespace,
        name=name,
    )


def _groups(wanted: Wish) -> tuple[str, ...]:
    """The groups asked for, else those a ServiceAccount has; and the one every user, or nobody, is in."""
    account = accounts.parsed(wanted.user)
    groups = wanted.groups
    if not groups and account is not None:
        groups = accounts.groups(account[0])
    if wanted.user == access.ANONYMOUS.name:
        return groups if accounts.UNAUTHENTICATED in groups else (*groups, accounts.UNAUTHENTICATED)
    told = accounts.AUTHENTICATED in groups or accounts.UNAUTHENTICATED in groups
    return groups if told else (*groups, accounts.AUTHENTICATED)


def _values(headers: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Every value of a header; plain mappings have one."""
    every: Any = getattr(headers, "getall", None)
    if every is not None:
        return tuple(every(name, ()))
    value = headers.get(name)
    return () if value is None else (value,)


def _references(wanted: Wish) -> str:
    """As the API server prints the object references it makes of the headers."""
    found = [f"{{Group  {group}    }}" for group in wanted.groups]
    found += [
        f"{{UserExtra  {value}  {_AUTHENTICATION}/v1  {key}}}"
        for key, values in wanted.extra.items()
        for value in values
    ]
    if wanted.uid:
        found.append(f"{{UID  {wanted.uid}  {_AUTHENTICATION}/v1  }}")
    return f"[{' '.join(found)}]"
