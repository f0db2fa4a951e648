"""The public test kit: embedded and borrowed clusters, controllers as processes, Git servers, recorded scenarios.

Everything listens on loopback only and ends with the program that started it.
"""

from sluice.testing.borrowing import ClusterInUse, borrowed_cluster
from sluice.testing.checkouts import Checkout
from sluice.testing.clusters import (
    Controllers,
    embedded_cluster,
    helm_controller,
    kubeconfig_of,
    kustomize_controller,
    source_controller,
)
from sluice.testing.crds import install_crds
from sluice.testing.git import GitServer
from sluice.testing.polling import eventually
from sluice.testing.processes import Process, ProcessEnded, Supervisor, free_port
from sluice.testing.spaces import Space

__all__ = [
    "Checkout",
    "ClusterInUse",
    "Controllers",
    "GitServer",
    "Process",
    "ProcessEnded",
    "Space",
    "Supervisor",
    "borrowed_cluster",
    "embedded_cluster",
    "eventually",
    "free_port",
    "helm_controller",
    "install_crds",
    "kubeconfig_of",
    "kustomize_controller",
    "source_controller",
]
