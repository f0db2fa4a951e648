"""Where the repository is and how to log in there."""

import asyncio

from sluice import kube, runtime
from sluice.git import RepositoryURL
from sluice.helm import indexes
from sluice_api import meta
from sluice_api.source.v1 import HelmRepository
from sluice_controllers.source import failures
from sluice_controllers.source.helmrepository import access
from sluice_controllers.source.helmrepository import failures as wording
from sluice_controllers.source.helmrepository.values import Request
from sluice_controllers.source.keeping import Keeper
from sluice_controllers.source.secrets import Secrets

_TIMEOUT = "60s"


class AccessStep:
    """Reads the Secrets that the spec names. Sets FetchFailed (URLInvalid, AuthenticationFailed) when it fails."""

    def __init__(self, keeper: Keeper, secrets: Secrets) -> None:
        self._keeper = keeper
        self._secrets = secrets

    async def __call__(self, ctx: runtime.Context[HelmRepository], source: HelmRepository) -> Request:
        """Read the Secrets; an OutcomeError says what is wrong with them, or with the address."""
        _check(source.spec.url)
        try:
            repository = await access.repository(self._secrets, ctx.namespace, source.spec)
        except (kube.KubeError, ValueError) as error:
            raise failures.fetching(failures.AUTHENTICATION_FAILED, str(error)) from None
        if source.spec.cert_secret_ref is None and repository.tls is not None:
            ctx.log.info("certificates in spec.secretRef are deprecated: put them into spec.certSecretRef")
        return Request(
            source=source,
            repository=repository,
            known=self._known(ctx),
            deadline=asyncio.get_running_loop().time() + meta.parse_duration(source.spec.timeout or _TIMEOUT),
        )

    def _known(self, ctx: runtime.Context[HelmRepository]) -> str:
        """Another controller's artifact is of the same index, but not in the form that charts are looked up in."""
        stored = ctx.status.get("artifact")
        if stored is None or not indexes.is_kept(self._keeper.storage.locate(stored["path"])):
            return ""
        return str(stored["revision"])


def _check(url: str) -> None:
    if url.startswith("oci://"):
        raise wording.url("'oci' URL scheme cannot be used with 'default' HelmRepository type")
    try:
        RepositoryURL.parse(url)
    except ValueError as error:
        raise wording.url(str(error)) from None
