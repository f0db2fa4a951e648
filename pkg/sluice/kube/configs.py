"""Where the cluster is and who we are there: kubeconfig files and documents, the pod's own ServiceAccount, or tokens.

`kubernetes.aio.config` does the credentials (tokens, exec plugins, OIDC, basic). Two things are done here
instead, because that loader does them by writing private keys to temporary files or not at all: inline
certificates, and re-reading `tokenFile`.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import copy
import os
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sluice.kube import errors
from sluice.kube.vendor import Configuration, kube_config
from sluice.kube.vendor import config as vendor

IN_CLUSTER_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
_FILES = {
    "cluster": ("certificate-authority",),
    "user": ("client-certificate", "client-key", "tokenFile"),
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """A loaded configuration. Its repr names the server only."""

    configuration: Any = field(repr=False)
    """The vendor's `Configuration`: host, TLS and the credentials with their refresh hook."""
    certificate: bytes = field(default=b"", repr=False)
    key: bytes = field(default=b"", repr=False)
    """An inline client certificate and its key, PEM; kept in memory."""
    namespace: str = ""
    """The namespace of the context, or of the pod; "" if none is said."""
    host: str = ""


@dataclass(frozen=True, kw_only=True)
class Access:
    """A server that is reached with tokens which somebody else renews, instead of a kubeconfig."""

    host: str
    """Its URL, `https` and no other."""
    authority: bytes = field(default=b"", repr=False)
    """The certificates to trust, PEM; without them those of the machine."""
    token: Callable[[], Awaitable[str]] = field(repr=False)
    """Asked before every request; may raise `ConfigError`."""


async def load(
    kubeconfig: str | Path | Mapping[str, Any] | Access | None = None, *, context: str | None = None
) -> Settings:
    """The settings of a kubeconfig file or document, or of an access without one.

    None means what kubectl means: the files `KUBECONFIG` names, else in-cluster, else `~/.kube/config`. Raises
    `ConfigError`.
    """
    if isinstance(kubeconfig, Access):
        return _of_access(kubeconfig)
    if isinstance(kubeconfig, Mapping):
        return await _load_flat(flatten([("", kubeconfig)], context))
    if kubeconfig is None:
        found = os.environ.get("KUBECONFIG") or None
        if found is None and os.environ.get("KUBERNETES_SERVICE_HOST"):
            return load_in_cluster()
        kubeconfig = found or str(Path.home() / ".kube" / "config")
    return await _load_flat(flatten(read(str(kubeconfig)), context))


def _of_access(access: Access) -> Settings:
    if not access.host.startswith("https://"):
        raise errors.ConfigError(f"{access.host}: tokens are shown to servers with https alone")
    configuration = Configuration(host=access.host)
    if access.authority:
        configuration.ca_cert_data = access.authority.decode("ascii", "replace")
    configuration.api_key_prefix["BearerToken"] = "Bearer"

    async def hook(configuration: Any) -> None:
        configuration.api_key["BearerToken"] = await access.token()

    configuration.refresh_api_key_hook = hook
    return Settings(configuration=configuration, host=access.host)


def read(paths: str) -> list[tuple[str, Mapping[str, Any]]]:
    """The documents of the files in a PATH-like list; a missing one is skipped unless it is the only one."""
    names = [str(Path(part).expanduser()) for part in paths.split(os.pathsep) if part]
    documents = []
    for name in names:
        if len(names) > 1 and not Path(name).exists():
            continue
        documents.append((name, _read_one(name)))
    if not documents:
        raise errors.ConfigError(f"no kubeconfig found: none of {', '.join(names) or paths!r} exists")
    return documents


def _read_one(name: str) -> Mapping[str, Any]:
    from sluice import yamlio  # kept off the import path of in-cluster controllers

    try:
        document = yamlio.load(Path(name).read_bytes(), source=name)
    except OSError as error:
        raise errors.ConfigError(f"kubeconfig {name}: {error.strerror}") from None
    except yamlio.YAMLError as error:
        raise errors.ConfigError(f"kubeconfig {name}: not YAML (line {error.line})") from None
    if not isinstance(document, Mapping):
        raise errors.ConfigError(f"kubeconfig {name}: not a kubeconfig")
    return document


def flatten(documents: list[tuple[str, Mapping[str, Any]]], context: str | None = None) -> dict[str, Any]:
    """One context with its cluster and user out of several documents.

    Of two equal names the first wins, as with kubectl. File names inside become absolute, relative to the document
    that holds them.
    """
    wanted = context or next((str(doc["current-context"]) for _, doc in documents if doc.get("current-context")), "")
    if not wanted:
        raise errors.ConfigError(f"{_names(documents)}: no current-context; name a context")
    chosen = _find(documents, "context", wanted)
    user = chosen.get("user")
    return {
        "name": wanted,
        "namespace": chosen.get("namespace") or "",
        "cluster": _find(documents, "cluster", chosen.get("cluster") or ""),
        "user": _find(documents, "user", user) if user else {},
    }


def _find(documents: list[tuple[str, Mapping[str, Any]]], what: str, name: str) -> dict[str, Any]:
    for path, document in documents:
        for entry in document.get(f"{what}s") or ():
            if isinstance(entry, Mapping) and entry.get("name") == name:
                return _absolute(path, what, entry.get(what) or {})
    raise errors.ConfigError(f'{_names(documents)}: no {what} named "{name}"')


def _absolute(path: str, what: str, value: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(copy.deepcopy(value))
    for key in _FILES.get(what, ()):
        if result.get(key):
            result[key] = str((Path(path).absolute().parent / result[key]) if path else Path(result[key]))
    return result


def _names(documents: list[tuple[str, Mapping[str, Any]]]) -> str:
    return "kubeconfig " + " ".join(path for path, _ in documents) if documents[0][0] else "kubeconfig"


def restricted(
    document: Mapping[str, Any], *, allow_exec: bool = False, allow_insecure: bool = False
) -> dict[str, Any]:
    """A kubeconfig from someone who is not trusted with this machine, without what reaches into it.

    Gone are references to files (whose content would be sent to the server it names), exec plugins and auth providers
    (which are programs too) unless `allow_exec`, and skipped TLS verification unless `allow_insecure`.
    """
    result = dict(copy.deepcopy(document))
    for user in _sections(result, "user"):
        for key in (*_FILES["user"], *(() if allow_exec else ("exec", "auth-provider"))):
            user.pop(key, None)
    for cluster in _sections(result, "cluster"):
        for key in (*_FILES["cluster"], *(() if allow_insecure else ("insecure-skip-tls-verify",))):
            cluster.pop(key, None)
    return result


def _sections(document: Mapping[str, Any], what: str) -> Iterator[dict[str, Any]]:
    for entry in document.get(f"{what}s") or ():
        if isinstance(entry, Mapping) and isinstance(entry.get(what), dict):
            yield entry[what]


async def _load_flat(flat: dict[str, Any]) -> Settings:
    cluster, user = flat["cluster"], flat["user"]
    host = str(cluster.get("server") or "")
    if not host:
        raise errors.ConfigError(f'kubeconfig: the cluster of context "{flat["name"]}" has no server')
    authority = _inline(cluster, "certificate-authority-data")
    certificate, key = _inline(user, "client-certificate-data"), _inline(user, "client-key-data")
    configuration = Configuration()
    loader, exec_certificate, exec_key = await _vendor_load(flat, configuration)
    if authority:
        configuration.ca_cert_data = authority.decode("ascii", "replace")
    _keep_fresh(configuration, loader, user)
    return Settings(
        configuration=configuration,
        certificate=certificate or exec_certificate,
        key=key or exec_key,
        namespace=flat["namespace"],
        host=host.rstrip("/"),
    )


def _inline(section: dict[str, Any], key: str) -> bytes:
    """Take inline data out of a section, so that the vendor's loader has nothing to write to a file."""
    value = section.pop(key, None)
    if not value:
        return b""
    section.pop(key.removesuffix("-data"), None)  # data wins over the file of the same name
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, AttributeError, ValueError):
        raise errors.ConfigError(f"kubeconfig: {key} is not base64") from None


async def _vendor_load(flat: dict[str, Any], configuration: Any) -> tuple[Any, bytes, bytes]:
    document = {
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}],
        "clusters": [{"name": "c", "cluster": flat["cluster"]}],
        "users": [{"name": "c", "user": flat["user"]}],
    }
    with _private_directory() as scratch:
        try:
            loader = await vendor.load_kube_config_from_dict(
                document, client_configuration=configuration, temp_file_path=scratch
            )
        except (vendor.ConfigException, OSError, ValueError, KeyError, TypeError) as error:
            raise errors.ConfigError(f"kubeconfig: {error}") from None
        if "exec" in flat["user"] and not (configuration.api_key or configuration.cert_file):
            command = flat["user"]["exec"].get("command")
            raise errors.ConfigError(f"kubeconfig: the exec plugin {command} gave no credentials")
        return loader, *_take_exec_certificate(configuration, scratch)


def _take_exec_certificate(configuration: Any, scratch: str) -> tuple[bytes, bytes]:
    # The certificate of an exec plugin is the one thing the loader insists on writing: read it back before the
    # directory goes. It is not renewed: the vendor's hook renews tokens only.
    if not str(configuration.cert_file or "").startswith(scratch):
        return b"", b""
    pair = Path(configuration.cert_file).read_bytes(), Path(configuration.key_file).read_bytes()
    configuration.cert_file = configuration.key_file = None
    return pair


@contextlib.contextmanager
def _private_directory() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="sluice-kubeconfig-") as scratch:
        try:
            yield scratch
        finally:
            # The vendor caches file names by content for the life of the process; ours are about to vanish.
            kube_config._cleanup_temp_files()


def _keep_fresh(configuration: Any, loader: Any, user: Mapping[str, Any]) -> None:
    """Have the vendor's per-request hook renew what expires: exec tokens, OIDC tokens, token files."""
    provider = (user.get("auth-provider") or {}).get("name")
    if "exec" in user:
        renew = loader.load_from_exec_plugin
    elif provider == "oidc":
        renew = loader._load_oid_token
    elif provider == "gcp":
        renew = loader.load_gcp_token
    elif user.get("tokenFile") and not user.get("token"):
        renew = loader._load_authentication
    else:
        return

    async def hook(configuration: Any) -> None:
        await renew()
        configuration.api_key["BearerToken"] = loader.token

    configuration.refresh_api_key_hook = hook


def load_in_cluster() -> Settings:
    """The pod's ServiceAccount; its token is re-read every minute, as the kubelet rotates it."""
    configuration = Configuration()
    try:
        vendor.load_incluster_config(client_configuration=configuration)
    except vendor.ConfigException as error:
        raise errors.ConfigError(f"in-cluster configuration: {error}") from None
    namespace = IN_CLUSTER_NAMESPACE.read_text().strip() if IN_CLUSTER_NAMESPACE.exists() else ""
    return Settings(configuration=configuration, namespace=namespace, host=configuration.host)
