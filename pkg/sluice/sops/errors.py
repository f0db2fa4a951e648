"""What decryption can fail with. No message holds a value, a key or a ciphertext.

::

    SopsError
      InvalidDocument     a document that SOPS did not write, or that was damaged since
      InvalidKey          key material that cannot be read
      KeyUnavailable      none of the keys at hand opens the document
      MacMismatch         the values are not those that were there when SOPS closed the document
"""


class SopsError(Exception):
    """Any failure of a decryption."""


class InvalidDocument(SopsError):
    """A document that SOPS did not write, or that was damaged since."""


class InvalidKey(SopsError):
    """Key material or credentials that cannot be read."""


class KeyUnavailable(SopsError):
    """None of the keys at hand opens the document; the message says of each of its keys why."""


class MacMismatch(SopsError):
    """The document was changed after SOPS closed it: a value was edited, removed, or taken from an older version."""
