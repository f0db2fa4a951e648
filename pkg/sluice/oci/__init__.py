"""OCI registries: names, logins, tags, manifests and blobs.

    registries = oci.Registries(web)                       # one for the process: it keeps what it learns
    repository = oci.Repository.of_url("oci://registry.example/org/app")
    remote = registries.remote(repository, login=logins.find(repository), access=web.Access(tls=tls))
    digest = await remote.resolve("latest")                # a tag to a digest; newest(await remote.tags(), ">=1.0")
    manifest = await remote.image(digest)                  # or remote.manifest(digest or tag), which may be an index
    data = await remote.blob(manifest.layers[0], limit=10 << 20)     # or remote.save(…, file, limit=…)
    signed = await remote.referrers(digest)

Whatever is had by its digest has it, and nothing is larger than it may be. Logins go to the registry and the authority
that it names, never to whom these redirect. Only reads: nothing is ever pushed. Knows nothing of Flux, of Helm beyond
their media types, nor of the cluster. Why this is not `oras`: docs/decisions/0011-oci.md.
"""

from typing import TYPE_CHECKING

from sluice import lazy
from sluice.oci.errors import (
    ContentError,
    InvalidReferenceError,
    LoginError,
    NotFoundError,
    OCIError,
    RegistryError,
    TooLargeError,
    UnauthorizedError,
    UnmatchedError,
)
from sluice.oci.logins import Login, Logins
from sluice.oci.manifests import Descriptor, Manifest
from sluice.oci.references import DEFAULT_TAG, Reference, Repository, checked
from sluice.oci.versions import newest

if TYPE_CHECKING:
    from sluice.oci.registries import Registries
    from sluice.oci.remotes import Remote
else:
    # Worker processes name things, and ask nobody: aiohttp is not theirs.
    __getattr__ = lazy.attributes(__name__, {"Registries": "registries", "Remote": "remotes"})

__all__ = [
    "DEFAULT_TAG",
    "ContentError",
    "Descriptor",
    "InvalidReferenceError",
    "Login",
    "LoginError",
    "Logins",
    "Manifest",
    "NotFoundError",
    "OCIError",
    "Reference",
    "Registries",
    "RegistryError",
    "Remote",
    "Repository",
    "TooLargeError",
    "UnauthorizedError",
    "UnmatchedError",
    "checked",
    "newest",
]
