"""Git: incremental shared mirrors, references to commits, trees to archive entries.

The only door to pygit2 (beside the test kit). Three layers, each usable alone:

- `references`, `packets`, `translating`: pure functions over names and bytes;
- `upstreams`, `gateways`, `outlets`: asyncio; everything about talking HTTP to a Git server;
- `checkouts`, `sessions`, `mirrors`, `trees`: blocking calls into libgit2, made in worker processes only;
- `remotes` over them: what a kustomization names outside of its source, for a build (blocking too; imported by name).

Nothing from a repository is ever executed: there is no work tree, no hook, no filter, no attribute.
"""

from typing import TYPE_CHECKING

from sluice import lazy
from sluice.git.credentials import Credentials, from_secret
from sluice.git.errors import (
    BrokenMirrorError,
    CommitSignatureError,
    CredentialsError,
    DeadlineError,
    EmptyRepositoryError,
    GitError,
    LoginError,
    MalformedCredentialsError,
    MissingPathError,
    NoTagError,
    ReferenceNotFoundError,
    RemoteError,
    TagSignatureError,
    TooLargeError,
    UnresolvedError,
    UnsignedTagError,
    UnsupportedError,
    UnverifiedError,
)
from sluice.git.references import Candidate, Reference, resolve
from sluice.git.urls import RepositoryURL

if TYPE_CHECKING:
    from sluice.git.checkouts import Checkout, Commit, Job, checked_out
    from sluice.git.gateways import Gateway, Visit
    from sluice.git.outlets import Outlet
    from sluice.git.upstreams import Upstream
else:
    # Worker processes talk to no server themselves, and their parents to no repository: of aiohttp and libgit2 each
    # imports what it uses.
    __getattr__ = lazy.attributes(
        __name__,
        {
            "Checkout": "checkouts",
            "Commit": "checkouts",
            "Gateway": "gateways",
            "Job": "checkouts",
            "Outlet": "outlets",
            "Upstream": "upstreams",
            "Visit": "gateways",
            "checked_out": "checkouts",
        },
    )

__all__ = [
    "BrokenMirrorError",
    "Candidate",
    "Checkout",
    "Commit",
    "CommitSignatureError",
    "Credentials",
    "CredentialsError",
    "DeadlineError",
    "EmptyRepositoryError",
    "Gateway",
    "GitError",
    "Job",
    "LoginError",
    "MalformedCredentialsError",
    "MissingPathError",
    "NoTagError",
    "Outlet",
    "Reference",
    "ReferenceNotFoundError",
    "RemoteError",
    "RepositoryURL",
    "TagSignatureError",
    "TooLargeError",
    "UnresolvedError",
    "UnsignedTagError",
    "UnsupportedError",
    "UnverifiedError",
    "Upstream",
    "Visit",
    "checked_out",
    "from_secret",
    "resolve",
]
