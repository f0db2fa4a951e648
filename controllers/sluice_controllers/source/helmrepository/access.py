"""How to get into a chart repository, from the Secrets that its HelmRepository names."""

from collections.abc import Mapping

from sluice import kube, web
from sluice_api.source.v1.helmrepository import HelmRepositorySpec
from sluice_controllers.source import secrets
from sluice_controllers.source.helmrepository.repositories import Login, Repository
from sluice_controllers.source.secrets import Secrets


async def repository(reader: Secrets, namespace: str, spec: HelmRepositorySpec) -> Repository:
    """The HTTP repository of a HelmRepository. Raises ValueError in Flux's words, or the KubeError tree."""
    tls = await certificates(reader, namespace, spec)
    login = None
    if spec.secret_ref is not None:
        data = await _secret(reader, namespace, spec.secret_ref.name, "authentication secret")
        shown = f"{namespace}/{spec.secret_ref.name}"
        login = login_of(data, shown)
        tls = tls or _deprecated(data, shown)
    return Repository(url=spec.url, login=login, pass_credentials=bool(spec.pass_credentials), tls=tls)


async def certificates(reader: Secrets, namespace: str, spec: HelmRepositorySpec) -> web.TLS | None:
    """What `certSecretRef` says, of a repository of either type; raises as `repository`."""
    if spec.cert_secret_ref is None:
        return None
    name = spec.cert_secret_ref.name
    data = await _secret(reader, namespace, name, "TLS authentication secret")
    try:
        return _checked(secrets.tls_of(data, f"{namespace}/{name}"))
    except ValueError as error:
        raise ValueError(f"failed to construct Helm client's TLS config: {error}") from None


def login_of(data: Mapping[str, bytes], shown: str) -> Login | None:
    """The user and password in a Secret; raises ValueError when there is one without the other."""
    if not data.keys() & {"username", "password"}:
        return None
    for held, missing in (("username", "password"), ("password", "username")):
        if missing not in data:
            raise ValueError(
                "failed to detect authentication methods: "
                f"secret '{shown}': malformed basic auth - has '{held}' but missing '{missing}'"
            )
    username, password = (data[name].decode(errors="replace") for name in ("username", "password"))
    # As in Helm, an empty one is none.
    return Login(username=username, password=password) if username and password else None


def _deprecated(data: Mapping[str, bytes], shown: str) -> web.TLS | None:
    """Certificates beside the login; as in Flux, those that are not complete are not there."""
    try:
        tls = secrets.tls_of(data, shown)
    except ValueError:
        return None
    try:
        return _checked(tls)
    except ValueError as error:
        raise ValueError(f"failed to detect authentication methods: {error}") from None


def _checked(tls: web.TLS) -> web.TLS:
    """The certificates, if they are some; raises ValueError."""
    for part, text in (
        (web.TLS(ca=tls.ca), "failed to parse CA certificate"),
        (tls, "failed to parse TLS certificate and key"),
    ):
        try:
            part.check()
        except web.TLSError:
            raise ValueError(text) from None
    return tls


async def _secret(reader: Secrets, namespace: str, name: str, what: str) -> Mapping[str, bytes]:
    try:
        return await reader.read(namespace, name)
    except kube.KubeError as error:
        raise ValueError(f"failed to get {what} '{namespace}/{name}': {error}") from None
