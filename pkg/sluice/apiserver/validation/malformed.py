"""What cannot be read as its kind at all."""


class Malformed(ValueError):
    """A field of a built-in kind has another JSON type than the kind's; the text is the whole message."""
