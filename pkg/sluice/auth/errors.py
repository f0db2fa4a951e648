"""What an identity can fail with. No message holds a token or a key."""

from sluice import kube


class AuthError(kube.ConfigError):
    """There is no credential to be had; the message says why, in Flux's words where it has some.

    A `ConfigError`, as it may come out of every request of a client that gets its tokens here.
    """


class NoAccountError(AuthError):
    """There is no such ServiceAccount."""

    def __init__(self, account: str) -> None:
        """`account`: its namespace and name."""
        self.account = account
        name = account.rpartition("/")[2]
        super().__init__(f"failed to get service account '{account}': ServiceAccount \"{name}\" not found")
