"""The public test kit: embedded cluster, controllers as processes, Git servers, recorded scenarios.

Everything listens on loopback only and ends with the program that started it.
"""

from sluice.testing.checkouts import Checkout
from sluice.testing.clusters import embedded_cluster, kubeconfig_of, kustomize_controller, source_controller
from sluice.testing.crds import install_crds
from sluice.testing.git import GitServer
from sluice.testing.polling import eventually
from sluice.testing.processes import Process, ProcessEnded, Supervisor, free_port

__all__ = [
    "Checkout",
    "GitServer",
    "Process",
    "ProcessEnded",
    "Supervisor",
    "embedded_cluster",
    "eventually",
    "free_port",
    "install_crds",
    "kubeconfig_of",
    "kustomize_controller",
    "source_controller",
]
