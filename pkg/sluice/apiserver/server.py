"""The control plane as one thing that starts and stops."""

import contextlib
import ssl
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from sluice import aio
from sluice.apiserver import access, auth, kinds, simulate
from sluice.apiserver.auth import doors
from sluice.apiserver.catalog import registry
from sluice.apiserver.cluster import Cluster
from sluice.apiserver.front import kubeconfig, metrics, serving, tls
from sluice.apiserver.housekeeping import bootstrap, collector, namespaces, retiring
from sluice.apiserver.storage import journal, store
from sluice.apiserver.writes import defining


class EmbeddedServer:
    """A Kubernetes API server in this process, on the running event loop.

        async with EmbeddedServer() as server:
            client = await kube.Client.connect(server.kubeconfig, user_agent="test")

    Args:
        host: the address to listen on; the certificate names it.
        port: 0 takes a free one.
        data_dir: keeps the cluster (and its certificate authority) there; memory only when None.
        kubeconfig_path: where to write the administrator's kubeconfig; nowhere when None.
        simulation: what is behind the API: by default a node on which every pod becomes ready.
        clock: what time it is, for tests.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        data_dir: Path | None = None,
        kubeconfig_path: Path | None = None,
        simulation: simulate.Options | None = None,
        clock: aio.Clock | None = None,
    ) -> None:
        self.url = ""
        """`https://host:port`, once started."""
        self.kubeconfig: dict[str, Any] = {}
        """The administrator's kubeconfig, once started."""
        self.metrics = metrics.Metrics()
        self._host = host
        self._port = port
        self._data_dir = data_dir
        self._kubeconfig_path = kubeconfig_path
        self._simulation = simulation or simulate.Options()
        self._clock = clock or aio.SystemClock()
        self._cluster: Cluster | None = None
        self._stack = contextlib.AsyncExitStack()

    @property
    def cluster(self) -> Cluster:
        """The cluster behind it; only while it runs."""
        if self._cluster is None:
            raise RuntimeError("the server is not running")
        return self._cluster

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as stack:
            await self._start(stack)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        self._cluster = None
        return await self._stack.__aexit__(kind, error, trace)

    async def _start(self, stack: contextlib.AsyncExitStack) -> None:
        authority = tls.Authority(self._data_dir / "pki" if self._data_dir else None)
        self._cluster = cluster = self._open(stack)
        defining.begin(cluster)
        furnisher = namespaces.Namespaces(cluster, authority=authority.certificate.decode())
        furnisher.begin()
        bootstrap.begin(cluster)
        auth.bootstrap(cluster)
        tasks = await stack.enter_async_context(aio.TaskOwner())
        tasks.spawn(furnisher.run(), name="namespaces")
        tasks.spawn(collector.Collector(cluster).run(), name="garbage-collector")
        tasks.spawn(retiring.Retiring(cluster).run(), name="retiring-crds")
        tasks.spawn(simulate.run(cluster, self._simulation), name="simulation")
        tasks.spawn(auth.aggregate(cluster), name="cluster-role-aggregation")
        door = doors.Door.open(cluster, self._data_dir / "pki" if self._data_dir else None)
        await self._listen(stack, authority.context(self._host), door)
        self._publish(authority)

    def _open(self, stack: contextlib.AsyncExitStack) -> Cluster:
        log = journal.SQLiteJournal(self._data_dir / "state.db") if self._data_dir else journal.MemoryJournal()
        kept = store.Store(log)
        stack.callback(kept.close)
        return Cluster(store=kept, registry=registry.Registry(kinds.builtin()), clock=self._clock)

    async def _listen(self, stack: contextlib.AsyncExitStack, context: ssl.SSLContext, door: doors.Door) -> None:
        front = serving.Front(self.cluster, door=door, counted=self.metrics)
        server = web.Server(front.handle, request_factory=serving.request_factory, access_log=None)
        runner = web.ServerRunner(server, shutdown_timeout=1.0)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        # Watches end first, so that the connections they hold are idle when the runner closes them.
        stack.callback(self.cluster.store.end_watches)
        site = web.TCPSite(runner, self._host, self._port, ssl_context=context)
        await site.start()
        port = runner.addresses[0][1]
        shown = f"[{self._host}]" if ":" in self._host else self._host
        self.url = f"https://{shown}:{port}"

    def _publish(self, authority: tls.Authority) -> None:
        pair = authority.client("kubernetes-admin", (access.MASTERS,))
        self.kubeconfig = kubeconfig.document(self.url, authority.certificate, pair)
        if self._kubeconfig_path is not None:
            kubeconfig.write(self._kubeconfig_path, self.kubeconfig)
