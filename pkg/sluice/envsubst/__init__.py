"""`${variable}` substitution in text, as Flux does it after a build: a part of the shell's parameter expansion.

    substitute("replicas: ${replicas:=2}", {"replicas": "3"})      # "replicas: 3"

`$name` and `$(name)` are text; `$$` is `$`. What may follow the name:

    :=x  :-x  =x          x where the variable is unset or empty; x may hold further `${...}` (`:?x` and `:+x` too)
    ^  ^^  ,  ,,          first letter, or all, in upper or lower case
    :offset  :offset:n    a part, counted in bytes
    #p  ##p  %p  %%p      without the shortest or longest prefix or suffix that matches the glob p
    /a/b  //a/b  /#a/b  /%a/b    the first a, every a, a prefix, a suffix replaced by b

and `${#name}` is the length in bytes.
"""

from sluice.envsubst.errors import InvalidName, SubstitutionError, SyntaxFault, UnsetVariable
from sluice.envsubst.substituting import check_names, substitute

__all__ = ["InvalidName", "SubstitutionError", "SyntaxFault", "UnsetVariable", "check_names", "substitute"]
