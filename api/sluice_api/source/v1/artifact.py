"""The artifact: what a source produced, where it is served, and how to check it."""

from typing import Annotated

from pydantic import Field

from sluice_api import meta


class Artifact(meta.APIModel):
    """The output of a source reconciliation."""

    digest: Annotated[str, Field(pattern="^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$")]
    """Digest of the stored file, as `<algorithm>:<hex>`."""
    last_update_time: meta.Time
    """When the artifact was stored."""
    metadata: dict[str, str] | None = None
    """Metadata of the upstream, such as OCI annotations."""
    path: str
    """Path of the file, relative to the root of the storage."""
    revision: str
    """What the artifact was made from, such as `main@sha1:<commit>`."""
    size: meta.Int64 | None = None
    """Size of the file in bytes."""
    url: str
    """HTTP address of the file, as the source's controller serves it."""
