"""How to get into the registry of a HelmRepository."""

from __future__ import annotations

from collections.abc import Mapping

from sluice import auth, kube, oci, web
from sluice.oci.logins import JSON_KEY
from sluice_api.source.v1 import HelmRepository
from sluice_controllers.source.helmrepository import access
from sluice_controllers.source.secrets import Secrets

_GENERIC = "generic"


class Doors:
    """Reads the Secrets that a HelmRepository names, or has a login lent by a cloud."""

    def __init__(self, secrets: Secrets, registries: oci.Registries, clouds: auth.Registries) -> None:
        self._secrets = secrets
        self._registries = registries
        self._clouds = clouds

    async def remote_of(self, namespace: str, source: HelmRepository, url: str) -> oci.Remote:
        """What to ask of the repository at `url`, which is the chart's.

        Raises ValueError in Flux's words, or the KubeError and OCIError trees.
        """
        repository = oci.Repository.of_url(url, insecure=bool(source.spec.insecure))
        tls = await access.certificates(self._secrets, namespace, source.spec)
        login = await self._login(namespace, source, repository)
        return self._registries.remote(repository, login=login, access=web.Access(tls=tls))

    async def _login(self, namespace: str, source: HelmRepository, repository: oci.Repository) -> oci.Login | None:
        spec = source.spec
        if spec.secret_ref is not None:
            name = spec.secret_ref.name
            try:
                data = await self._secrets.read(namespace, name)
            except kube.KubeError as error:
                raise ValueError(f"failed to get authentication secret '{namespace}/{name}': {error}") from None
            try:
                return _login_of(data, name, f"{namespace}/{name}", repository)
            except (ValueError, oci.LoginError) as error:
                raise ValueError(f"failed to configure OCI registry authentication: {error}") from None
        if spec.provider != _GENERIC:
            return await self._lent(namespace, spec.provider, repository)
        return None

    async def _lent(self, namespace: str, provider: str, repository: oci.Repository) -> oci.Login:
        wanted = auth.RegistryWanted(provider=provider, registry=repository.registry, namespace=namespace)
        try:
            username, password = await self._clouds.login(wanted)
        except auth.AuthError as error:
            raise ValueError(f"failed to get credential from '{provider}': {error}") from None
        return oci.Login(username=username, password=password)


def _login_of(data: Mapping[str, bytes], name: str, shown: str, repository: oci.Repository) -> oci.Login | None:
    if JSON_KEY in data:
        found = oci.Logins.of_secrets([data]).find(repository)
        if found is None:
            raise ValueError(f"no auth config for '{repository.registry}' in the docker-registry Secret '{name}'")
        return found
    login = access.login_of(data, shown)
    return oci.Login(username=login.username, password=login.password) if login else None
