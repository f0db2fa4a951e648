"""What generated artifacts are made of: sources with aliases, and what is copied out of them."""

from typing import Annotated, Literal

from pydantic import Field

from sluice_api import meta

_ALIAS = "[a-z0-9]([a-z0-9_-]*[a-z0-9])?"

AliasReference = Annotated[str, Field(max_length=64, pattern=f"^@({_ALIAS})$")]
"""A source, as `@<alias>`."""

SOURCE_PATH = f"^@({_ALIAS})/(.*)$"
"""Pattern of a path within a source, as `@<alias>/<path>`."""


class SourceReference(meta.APIModel):
    """A source whose artifact is copied from."""

    alias: Annotated[str, Field(max_length=63, pattern=f"^{_ALIAS}$")]
    """What the source is called in this object; each alias once."""
    kind: Literal["Bucket", "GitRepository", "OCIRepository", "HelmChart", "ExternalArtifact"]
    """Kind of the source."""
    name: Annotated[str, Field(max_length=253, pattern="^[a-z0-9]([a-z0-9-]*[a-z0-9])?$")]
    """Name of the source."""
    namespace: Annotated[str, Field(min_length=1, max_length=63, pattern="^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")] | None = (
        None
    )
    """Namespace of the source; the generator's when absent."""


class CopyOperation(meta.APIModel):
    """Files of one source, and where they go in the artifact."""

    exclude: Annotated[list[str], Field(max_length=100)] | None = None
    """Glob patterns of what to leave out, as paths within the source or within what `from` names before its first
    wildcard; one without a slash is for names of files, however deep."""
    from_: Annotated[str, Field(alias="from", min_length=1, max_length=1024, pattern=SOURCE_PATH)]
    """What to copy, as `@<alias>/<glob>`; with `pathPattern`, names in braces stand for what was captured."""
    strategy: Literal["Overwrite", "Merge", "Extract"] | None = None
    """What becomes of a file: it replaces one that is there (`Overwrite`, also when absent), is merged into it as Helm
    merges values (`Merge`), or is unpacked as a tarball (`Extract`)."""
    to: Annotated[str, Field(min_length=1, max_length=1024, pattern="^@(artifact)/(.*)$")]
    """Where to, as `@artifact/<path>`; with `pathPattern`, names in braces stand for what was captured."""


class OutputArtifact(meta.APIModel):
    """An artifact to make, offered as an ExternalArtifact."""

    copies: Annotated[list[CopyOperation], Field(alias="copy", min_length=1)]
    """What is copied, in this order; a later file wins over an earlier one."""
    name: Annotated[str, Field(min_length=1, max_length=253)]
    """Name of the ExternalArtifact; with `pathPattern`, names in braces stand for what was captured."""
    origin_revision: AliasReference | None = None
    """The source, as `@<alias>`, whose origin's revision is put into the artifact's metadata, if it tells one."""
    revision: AliasReference | None = None
    """The source, as `@<alias>`, whose revision the artifact takes over; made from its content when absent."""
