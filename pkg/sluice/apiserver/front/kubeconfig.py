"""The file that lets kubectl and controllers in as administrator."""

import base64
import os
from pathlib import Path
from typing import Any

from sluice import yamlio
from sluice.apiserver.front import tls

NAME = "sluice"


def document(url: str, authority: bytes, admin: tls.Pair) -> dict[str, Any]:
    """The kubeconfig with one cluster, one user, one context."""
    cluster = {"server": url, "certificate-authority-data": _base64(authority)}
    user = {"client-certificate-data": _base64(admin.certificate), "client-key-data": _base64(admin.key)}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": NAME, "cluster": cluster}],
        "users": [{"name": f"{NAME}-admin", "user": user}],
        "contexts": [{"name": NAME, "context": {"cluster": NAME, "user": f"{NAME}-admin"}}],
        "current-context": NAME,
        "preferences": {},
    }


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def write(path: Path, content: dict[str, Any]) -> None:
    """Write it for this user's eyes only; whoever waits for the file never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(yamlio.dump(content))
    partial.replace(path)
