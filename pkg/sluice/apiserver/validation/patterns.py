"""Regular expressions as Go reads them (RE2), in linear time whatever the pattern."""

import json

from sluice import cel


def matches(pattern: str, text: str) -> bool:
    """Whether the pattern is found anywhere in the text; `cel.CELError` when it is no RE2 pattern."""
    literal = json.dumps(pattern, ensure_ascii=False)
    return bool(cel.compile(f"self.matches({literal})", variables={"self": str}).evaluate(self=text))
