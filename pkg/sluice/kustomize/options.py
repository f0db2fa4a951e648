"""What a caller may choose about a build."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from sluice.kustomize.loading.remote import RepoSpec


class Order(Enum):
    """How resources are ordered when the kustomization has no `sortOptions` of its own."""

    AS_GIVEN = "none"
    """In the order they were read, as Flux builds."""
    LEGACY = "legacy"
    """Namespaces first and webhooks last, as the `kustomize build` command prints."""


class Limits(NamedTuple):
    """What one build may use up. Beyond any of these it ends with LimitExceeded."""

    file_bytes: int = 64 * 1024 * 1024
    """Size of one file. Far above what the API server takes, below what hurts a worker."""
    total_bytes: int = 512 * 1024 * 1024
    """Size of all files read, each counted as often as it is read."""
    files: int = 50_000
    """How many files are read."""
    resources: int = 50_000
    """How many resources a layer may hold."""
    depth: int = 64
    """How many kustomizations deep a base may be."""
    remotes: int = 256
    """How many remote files and repositories are asked for, each counted as often as it is named."""


class Remote(Protocol):
    """Where what is remote comes from. It bounds time and bytes itself, and raises Unreachable without any login."""

    def file(self, url: str) -> bytes:
        """Return the content at an http or https address."""

    def repository(self, spec: RepoSpec) -> Path:
        """Return a directory with the files of the repository at the reference, for as long as the build lasts."""

    def chart(self, name: str, *, repo: str, version: str, devel: bool) -> Path:
        """Return a directory with the newest fitting version of a chart of a repository; as long-lived."""


class Release(NamedTuple):
    """A Helm chart to render, and with what."""

    chart: Path
    """Its directory. No link in it leads out of the source."""
    name: str = ""
    name_template: str = ""
    namespace: str = ""
    values: Mapping[str, Any] = MappingProxyType({})
    """Over the chart's own."""
    include_crds: bool = False
    skip_hooks: bool = False
    skip_tests: bool = False
    kube_version: str = ""
    api_versions: tuple[str, ...] = ()


@dataclass(frozen=True)
class SecretFile:
    """A file that may be encrypted."""

    path: str
    """As seen from the root of the build."""
    key: str
    """Its key in the Secret that it goes into, or its path."""
    is_env: bool = False
    """Whether its lines become the keys."""


def _unheard(_warning: str) -> None: ...


@dataclass(frozen=True, kw_only=True)
class BuildOptions:
    """Options of one build; the defaults are what Flux does."""

    order: Order = Order.AS_GIVEN
    below_kustomization_only: bool = False
    """Refuse files outside the directory of the kustomization that names them, as `kustomize build` does by default.

    Otherwise any file below the build's root will do. Bases may be anywhere below the root in both cases.
    """
    remote: Remote | None = None
    """Fetches remote files, and the Git repositories of remote bases; without it both are refused."""
    charts: Callable[[Release], str] | None = None
    """Renders Helm charts, or raises InvalidChart; without it they are refused."""
    decrypt: Callable[[bytes, SecretFile], bytes] | None = None
    """Opens the files of secret generators and of patches, and returns as they are those that are not encrypted.

    KustomizeError when one cannot be opened.
    """
    warn: Callable[[str], None] = _unheard
    """Is told what kustomize prints beside its output: that a field is deprecated, that nothing refers to a var."""
    limits: Limits = field(default_factory=Limits)
