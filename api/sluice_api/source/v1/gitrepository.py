"""GitRepository: a Git repository, and which of its revisions to fetch."""

from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from sluice_api import meta, source
from sluice_api.source.v1.artifact import Artifact


class GitRepositoryRef(meta.APIModel):
    """Which revision to fetch: commit before name, tag, semver and branch."""

    branch: str | None = None
    """Branch to fetch; `master` when no field is set."""
    commit: str | None = None
    """Commit to fetch; with a branch, the commit is expected on it."""
    name: str | None = None
    """Full name of a reference, such as `refs/heads/main` or `refs/pull/420/head`."""
    semver: str | None = None
    """Range of versions; the newest tag within it is fetched."""
    tag: str | None = None
    """Tag to fetch."""


class GitRepositoryVerification(meta.APIModel):
    """Which signatures a revision must carry."""

    mode: Literal["head", "HEAD", "Tag", "TagAndHEAD"] = meta.crd_default("HEAD")
    """Which Git objects must be signed."""
    secret_ref: meta.LocalObjectReference
    """Secret with the public keys of the trusted authors."""


class GitRepositoryInclude(meta.APIModel):
    """Another GitRepository of the namespace whose artifact is placed within this one's."""

    from_path: str | None = None
    """Path to take from; defaults to the root of the included artifact."""
    repository: meta.LocalObjectReference
    """The GitRepository to include."""
    to_path: str | None = None
    """Path to place it at; defaults to the name of the included repository."""


class GitRepositorySpec(meta.APIModel):
    """What to fetch, how often, and with which credentials."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "x-kubernetes-validations": [
                {
                    "message": "serviceAccountName can only be set when provider is 'azure' or 'aws'",
                    "rule": "!has(self.serviceAccountName) || (has(self.provider) && "
                    "(self.provider == 'azure' || self.provider == 'aws'))",
                }
            ]
        }
    )

    ignore: str | None = None
    """Patterns of files to leave out, in the format of .gitignore; replaces the default set."""
    include: list[GitRepositoryInclude] | None = None
    """Other repositories whose artifacts are included."""
    interval: meta.Duration
    """How often to look for a new revision."""
    provider: Literal["generic", "aws", "azure", "github"] | None = None
    """How to authenticate; `generic` when absent."""
    proxy_secret_ref: meta.LocalObjectReference | None = None
    """Secret with the proxy to go through."""
    recurse_submodules: bool | None = None
    """Whether to fetch the submodules too."""
    ref: GitRepositoryRef | None = None
    """Which revision to fetch; branch `master` when absent."""
    secret_ref: meta.LocalObjectReference | None = None
    """Secret with credentials: username and password, bearerToken, or identity and known_hosts."""
    service_account_name: str | None = None
    """ServiceAccount to authenticate as, for the providers azure and aws."""
    sparse_checkout: list[str] | None = None
    """Directories to fetch; everything when absent."""
    suspend: bool | None = None
    """Whether to stop reconciling this object."""
    timeout: meta.ShortDuration = meta.crd_default("60s")
    """Limit of one Git operation."""
    url: Annotated[str, Field(pattern="^(http|https|ssh)://.*$")]
    """Address of the repository."""
    verify: GitRepositoryVerification | None = None
    """Which signatures to require."""


class GitRepositoryStatus(meta.StatusModel):
    """What was fetched, and how it went."""

    artifact: Artifact | None = None
    """The artifact of the last successful fetch."""
    conditions: list[meta.Condition] | None = None
    """Ready, and what makes it so."""
    included_artifacts: list[Artifact] | None = None
    """The artifacts that were included."""
    observed_ignore: str | None = None
    """`spec.ignore` that the artifact was made with."""
    observed_include: list[GitRepositoryInclude] | None = None
    """`spec.include` that the artifact was made with."""
    observed_recurse_submodules: bool | None = None
    """`spec.recurseSubmodules` that the artifact was made with."""
    observed_sparse_checkout: list[str] | None = None
    """`spec.sparseCheckout` that the artifact was made with."""
    source_verification_mode: str | None = None
    """The mode that the last verification used."""


class GitRepository(meta.APIObject):
    """A Git repository whose content is made an artifact."""

    names: ClassVar[meta.CRDNames] = meta.CRDNames(
        group=source.GROUP,
        version="v1",
        kind="GitRepository",
        plural="gitrepositories",
        short_names=("gitrepo",),
        categories=("all", "fluxcd", "fluxcd-sources"),
        columns=(
            meta.Column(name="URL", json_path=".spec.url"),
            meta.AGE,
            meta.READY,
            meta.STATUS,
        ),
    )

    spec: GitRepositorySpec
    """What to fetch."""
    status: GitRepositoryStatus = meta.crd_default(GitRepositoryStatus(observed_generation=-1))
    """What was fetched."""
