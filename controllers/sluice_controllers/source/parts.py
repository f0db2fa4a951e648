"""What the kinds of sources share in one process."""

from dataclasses import dataclass

from sluice import aio, artifact, auth, oci, web
from sluice.runtime.manager import Manager
from sluice_controllers.source.informers import Informers
from sluice_controllers.source.secrets import Secrets
from sluice_controllers.source.settings import SourceSettings
from sluice_controllers.source.verification.signatures import Signatures


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Each kind's `wiring.add` takes what it needs."""

    manager: Manager
    settings: SourceSettings
    informers: Informers
    storage: artifact.Storage
    workers: aio.WorkerPool
    """Processes for what is heavy or comes from strangers."""
    web: web.Web
    registries: oci.Registries
    """Of containers; on the same client."""
    secrets: Secrets
    signatures: Signatures
    """What verifies those of registries."""
    identities: auth.Identities
    """Those of ServiceAccounts, for sources in clouds."""
