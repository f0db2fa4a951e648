"""What reading YAML can fail with."""


class YAMLError(ValueError):
    """Text that is not YAML, or YAML that has no JSON form.

    `str()` reads as go-yaml's own message ("yaml: line 3: mapping values are not allowed in this context");
    like go-yaml it leaves the line out when the fault is on the first one. `line` counts from 1 and is set
    whenever it is known.
    """

    def __init__(
        self,
        reason: str,
        *,
        source: str = "",
        line: int | None = None,
        shown_line: int | None = None,
        said: str = "",
    ) -> None:
        self.source = source
        self.line = line
        self.reason = reason
        where = f"line {shown_line}: " if shown_line else ""
        super().__init__(said or f"yaml: {where}{reason}")

    def __reduce__(self) -> tuple[object, ...]:
        # Builds run in worker processes: the error has to survive the way back.
        return _rebuild, (str(self), self.reason, self.source, self.line)


def _rebuild(message: str, reason: str, source: str, line: int | None) -> YAMLError:
    return YAMLError(reason, source=source, line=line, said=message)
