"""What is used of the kubernetes package, and the only place that imports it.

Its fronts import all of it, its synchronous twin included: hundreds of modules, ten megabytes and a quarter of a second
for each process.
"""

from sluice import lazy

with lazy.without_fronts("kubernetes", "kubernetes.aio"):
    from kubernetes.aio import config
    from kubernetes.aio.client import Configuration, rest
    from kubernetes.aio.config import kube_config

__all__ = ["Configuration", "config", "kube_config", "rest"]
