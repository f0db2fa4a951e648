"""What a substitution can fail with. Messages begin with Flux's words; values are in none of them."""


class SubstitutionError(ValueError):
    """Base. `line` counts from 1 in the text given, None when no place is to blame."""

    def __init__(self, reason: str, *, line: int | None = None) -> None:
        super().__init__(reason if line is None else f"{reason} (line {line})")
        self.reason = reason
        self.line = line


class SyntaxFault(SubstitutionError):
    """Something after `${` that is no substitution."""


class UnsetVariable(SubstitutionError):
    """A variable without a value and without a default, in strict mode."""


class InvalidName(SubstitutionError):
    """A variable is given whose name no `${...}` could have."""
