"""What built-in kinds are held to: their Go types, and what Kubernetes' own code defaults and checks.

`decoding` reads a document as its kind, `completing` writes it back; between them `kinds/` has one module per kind or
family, with its defaults and its checks, and `registry` says which belongs to which.
"""

from sluice.apiserver.validation.builtin.admission import decode, empty, unknown_fields, validate

__all__ = ["decode", "empty", "unknown_fields", "validate"]
