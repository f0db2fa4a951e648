"""What can go wrong with a server. No text holds a login."""


class WebError(Exception):
    """The server could not be asked, or not be understood."""


class DeadlineError(WebError):
    """The time was over."""

    def __init__(self) -> None:
        super().__init__("context deadline exceeded")


class DisconnectedError(WebError):
    """The server hung up, as one may with a connection that was not used for a while."""


class TooLargeError(WebError):
    """The answer is larger than it may be."""


class StatusError(WebError):
    """The server refused."""

    def __init__(self, text: str, *, status: int, reason: str = "", said: bytes = b"") -> None:
        super().__init__(text)
        self.status = status
        self.reason = reason
        """What the server calls the status."""
        self.said = said
        """The beginning of what the server answered."""


class TLSError(WebError):
    """Certificates that cannot be used."""


class ProxyError(WebError):
    """The proxy could not be asked, or refused."""
