"""Who asks, and may they: authentication, RBAC, ServiceAccount tokens.

- `Authenticator`: bearer tokens, client certificates, ServiceAccount JWTs, impersonation, anonymous;
- `Authorizer`: RBAC over the store's roles and bindings, kept as an index; also the rules a user has;
- `guard`: refuses roles and bindings that grant what their author does not have;
- `request_token`: what `serviceaccounts/token` answers;
- `doors`: all three of one cluster, with the key that signs its tokens;
- `bootstrap`: the roles and bindings every cluster starts with; `aggregate` keeps aggregated ClusterRoles up to date.

Nothing here waits but `aggregate`, which follows a watch. Secrets are compared in constant time and never logged.
"""

from sluice.apiserver.auth.aggregating import aggregate
from sluice.apiserver.auth.authenticating import Authenticator
from sluice.apiserver.auth.bootstrapping import bootstrap
from sluice.apiserver.auth.escalation import guard
from sluice.apiserver.auth.rbac import Authorizer
from sluice.apiserver.auth.serviceaccounts import request_token
from sluice.apiserver.auth.tokens import SigningKey

__all__ = ["Authenticator", "Authorizer", "SigningKey", "aggregate", "bootstrap", "guard", "request_token"]
