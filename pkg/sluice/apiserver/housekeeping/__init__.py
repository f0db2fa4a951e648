"""What the control plane does of its own accord, as kube-controller-manager would.

`collector` is the garbage collector, `namespaces` and `retiring` empty namespaces and CRDs before they go; each follows
the store through `following` and writes through `writes`, as a client would. `bootstrap` is what a cluster holds before
anybody wrote to it. Workloads are `simulate`'s, roles are `auth`'s.
"""
