"""What an identity can fail with. No message holds a token or a key."""

from sluice import kube


class AuthError(kube.ConfigError):
    """There is no credential to be had; the message says why, in Flux's words where it has some.

    A `ConfigError`, as it may come out of every request of a client that gets its tokens here.
    """
