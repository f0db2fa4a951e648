"""What verification raises. Messages are Flux's where Flux has one; none quotes a key or a library."""


class SignatureError(Exception):
    """The signature is not one by any of the keys, or cannot be read."""
