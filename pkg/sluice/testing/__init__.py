"""The public test kit: embedded cluster, controllers as processes, Git servers, recorded scenarios.

Everything listens on loopback only and ends with the program that started it.
"""

from sluice.testing.clusters import embedded_cluster, kubeconfig_of, kustomize_controller, source_controller
from sluice.testing.polling import eventually
from sluice.testing.processes import Process, ProcessEnded, Supervisor, free_port

__all__ = [
    "Process",
    "ProcessEnded",
    "Supervisor",
    "embedded_cluster",
    "eventually",
    "free_port",
    "kubeconfig_of",
    "kustomize_controller",
    "source_controller",
]
