"""The functions Kubernetes adds to CEL, as data: name, parameters, result, what it does.

`SAFE` ones take strings and numbers only; `ANY_VALUE` ones also take values of any type, which must not be
optionals. A Kubernetes type that CEL does not have (a URL, an IP, a quantity) is its own canonical string
here.
"""

from sluice.cel.libraries import lists, networks, quantities, regexes, sets
from sluice.cel.libraries.functions import Function, Overload, merged

SAFE: tuple[Function, ...] = merged(regexes.FUNCTIONS, networks.FUNCTIONS, quantities.FUNCTIONS)
ANY_VALUE: tuple[Function, ...] = merged(lists.FUNCTIONS, sets.FUNCTIONS)
SETS: tuple[Function, ...] = sets.FUNCTIONS

__all__ = ["ANY_VALUE", "SAFE", "SETS", "Function", "Overload"]
