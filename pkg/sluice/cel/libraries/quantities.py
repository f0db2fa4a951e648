"""Resource quantities (`500Mi`), each as its canonical decimal string."""

import re
from collections.abc import Callable
from fractions import Fraction

from sluice.cel.libraries.functions import Function, function, method

_QUANTITY = re.compile(r"([+-]?)(\d+\.?\d*|\.\d+)(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d{1,3}))?")
_DECIMAL = {suffix: Fraction(1000) ** power for power, suffix in enumerate(["n", "u", "m", "", "k", *"MGTPE"], -3)}
_BINARY = {f"{suffix}i": Fraction(1024) ** power for power, suffix in enumerate("KMGTPE", 1)}


def _parse(text: str) -> Fraction:
    found = _QUANTITY.fullmatch(text)
    if not found:
        raise ValueError(f"quantities must match the regular expression of Kubernetes quantities: {text!r}")
    sign, number, suffix, exponent = found.groups()
    scale = Fraction(10) ** int(exponent) if exponent else (_DECIMAL | _BINARY)[suffix or ""]
    value = Fraction(number.removesuffix(".")) * scale
    return -value if sign == "-" else value


def _text(value: Fraction) -> str:
    nano = round(value * 10**9)
    whole, rest = divmod(abs(nano), 10**9)
    fraction = f".{rest:09d}".rstrip("0") if rest else ""
    return f"{'-' if nano < 0 else ''}{whole}{fraction}"


def _is_quantity(text: str) -> bool:
    return _QUANTITY.fullmatch(text) is not None


def _integer(text: str) -> int:
    value = _parse(text)
    if value.denominator != 1:
        raise ValueError("cannot convert value to integer")
    return int(value)


def _on(operation: Callable[[Fraction, Fraction], Fraction]) -> Callable[[str, str], str]:
    return lambda one, other: _text(operation(_parse(one), _parse(other)))


def _compare(one: str, other: str) -> int:
    return (_parse(one) > _parse(other)) - (_parse(one) < _parse(other))


FUNCTIONS: tuple[Function, ...] = (
    function("isQuantity", "string", "bool", _is_quantity),
    function("quantity", "string", "string", lambda text: _text(_parse(text))),
    method("isGreaterThan", "string, string", "bool", lambda one, other: _compare(one, other) > 0),
    method("isLessThan", "string, string", "bool", lambda one, other: _compare(one, other) < 0),
    method("compareTo", "string, string", "int", _compare),
    method("isInteger", "string", "bool", lambda text: _parse(text).denominator == 1),
    method("asInteger", "string", "int", _integer),
    method("asApproximateFloat", "string", "double", lambda text: float(_parse(text))),
    method("sign", "string", "int", lambda text: _compare(text, "0")),
    method("add", "string, string", "string", _on(lambda one, other: one + other)),
    method("add", "string, int", "string", lambda one, other: _text(_parse(one) + other)),
    method("sub", "string, string", "string", _on(lambda one, other: one - other)),
    method("sub", "string, int", "string", lambda one, other: _text(_parse(one) - other)),
)
