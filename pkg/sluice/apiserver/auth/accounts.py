"""ServiceAccounts as users: their names and groups."""

from typing import Final

_PREFIX: Final = "system:serviceaccount:"
ALL_ACCOUNTS: Final = "system:serviceaccounts"
AUTHENTICATED: Final = "system:authenticated"
UNAUTHENTICATED: Final = "system:unauthenticated"


def username(namespace: str, name: str) -> str:
    """The user a ServiceAccount is."""
    return f"{_PREFIX}{namespace}:{name}"


def groups(namespace: str) -> tuple[str, ...]:
    """The groups of a namespace's ServiceAccounts, those every user has left out."""
    return (ALL_ACCOUNTS, f"{ALL_ACCOUNTS}:{namespace}")


def parsed(user: str) -> tuple[str, str] | None:
    """Namespace and name of the ServiceAccount a user is; None for any other user."""
    if not user.startswith(_PREFIX):
        return None
    namespace, colon, name = user.removeprefix(_PREFIX).partition(":")
    return (namespace, name) if colon and namespace and name and ":" not in name else None
