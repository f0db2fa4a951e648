"""Charts of HTTP repositories for builds: which archive a name and a range of versions stand for, and its check."""

import hashlib
import io

from sluice.git.errors import RemoteError, UnresolvedError
from sluice.helm import HelmError, NoSuchChartError, indexes
from sluice.helm.indexes import ChartVersion

_ANY, _ANY_AT_ALL = "*", ">0.0.0-0"


def find(index: bytes, name: str, version: str, *, devel: bool) -> ChartVersion:
    """The newest version of the chart in the range, or the one that is called just that, as Helm chooses it.

    Raises UnresolvedError when there is none, RemoteError for an index that is none.
    """
    if "/" in name or name.startswith("."):
        raise UnresolvedError(f'"{name}" is no name of a chart')
    version = version or (_ANY_AT_ALL if devel else _ANY)
    kept = io.BytesIO()
    try:
        indexes.write(index, kept)
        return indexes.find(kept.getvalue(), name, version)
    except NoSuchChartError as error:
        raise UnresolvedError(f'chart "{name}" version "{version}" not found in its repository: {error}') from None
    except HelmError as error:
        raise RemoteError(f"{indexes.FILE} cannot be read: {error}") from None


def address(repo: str, found: ChartVersion) -> str:
    """Where the archive is; raises RemoteError when the index does not say."""
    if not found.urls:
        raise RemoteError(f"chart {found.name} has no address")
    try:
        return indexes.resolve(repo, found.urls[0])
    except HelmError as error:
        raise RemoteError(str(error)) from None


def check(found: ChartVersion, content: bytes) -> None:
    """Raises RemoteError when the content is not what the index says it is."""
    if found.digest and hashlib.sha256(content).hexdigest() != found.digest:
        raise RemoteError(f"{found.name} {found.version} is not what the index of its repository says it is")
