"""Version v1 of the source group."""

from sluice_api.source.v1.artifact import Artifact
from sluice_api.source.v1.gitrepository import (
    GitRepository,
    GitRepositoryInclude,
    GitRepositoryRef,
    GitRepositorySpec,
    GitRepositoryStatus,
    GitRepositoryVerification,
)

__all__ = [
    "Artifact",
    "GitRepository",
    "GitRepositoryInclude",
    "GitRepositoryRef",
    "GitRepositorySpec",
    "GitRepositoryStatus",
    "GitRepositoryVerification",
]
