"""What a kind's rules consist of."""

from collections.abc import Callable
from dataclasses import dataclass

from sluice.apiserver.storage.entries import Object
from sluice.apiserver.validation import names
from sluice.apiserver.validation.errors import FieldError


def _leave(obj: Object) -> None:
    """No defaults."""


def _accept(obj: Object) -> list[FieldError]:
    return []


def _accept_update(obj: Object, old: Object) -> list[FieldError]:
    return []


@dataclass(frozen=True, kw_only=True)
class Rules:
    """Defaults and checks of one kind, beyond its schema and its metadata."""

    name: names.Check = names.dns_subdomain
    default: Callable[[Object], None] = _leave
    """Fills in defaults, in place: the object is a fresh copy."""
    validate: Callable[[Object], list[FieldError]] = _accept
    """Checks of a new object."""
    validate_update: Callable[[Object, Object], list[FieldError]] = _accept_update
    """Checks of an object against the one it replaces; repeats those of a new object where the real server does."""

    @classmethod
    def repeated(
        cls,
        validate: Callable[[Object], list[FieldError]],
        *,
        name: names.Check = names.dns_subdomain,
        default: Callable[[Object], None] = _leave,
    ) -> "Rules":
        """A kind whose updates are checked like new objects, and nothing else."""
        return cls(name=name, default=default, validate=validate, validate_update=lambda obj, old: validate(obj))
