"""One large index of a chart repository: its artifact, the same again, and the charts that are looked up in it."""

import asyncio
import hashlib
import io
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from common.figures import Figures, begin, end, seconds, settle
from sluice import kube
from sluice.testing import polling, spaces
from sluice.testing.nginx import Nginx
from sources.bench import Bench

CHARTS, VERSIONS = 200, 250
REPOSITORY = "charts"


async def index(bench: Bench) -> Figures:
    """20 MB, 50,000 versions."""
    async with Nginx() as nginx:
        begin(f"making an index of {CHARTS * VERSIONS} versions")
        await asyncio.to_thread(_fill, nginx.files)
        end({})
        await settle()
        begin("index")
        before = bench.meter.memory()
        await bench.meter.begin()
        took = await _created(bench, "HelmRepository", REPOSITORY, url=nginx.url, timeout="5m")
        used = await bench.meter.used()
        figures = end(
            {
                "index of 20 MB, 50,000 versions, artifact": seconds(took),
                "index of 20 MB, 50,000 versions, artifact, CPU": seconds(used.cpu),
                "index of 20 MB, 50,000 versions, memory at peak": f"{bench.meter.peak():.0f} MiB",
                "index of 20 MB, 50,000 versions, memory before": f"{before:.0f} MiB",
            }
        )
        source = {"kind": "HelmRepository", "name": REPOSITORY}
        for which in ("first", "second"):
            begin(f"{which} HelmChart")
            await bench.meter.begin()
            took = await _created(bench, "HelmChart", which, chart=which, version="1.x", sourceRef=source)
            used = await bench.meter.used()
            figures |= end(
                {f"{which} HelmChart on it": seconds(took), f"{which} HelmChart on it, CPU": seconds(used.cpu)}
            )
        return figures


async def _created(bench: Bench, kind: str, name: str, **spec: Any) -> float:
    """Seconds until the new object is ready."""
    resource = await bench.client.resource_for(spaces.SOURCES, kind)
    metadata = {"name": name, "namespace": bench.namespace}
    body: kube.Object = {
        "apiVersion": spaces.SOURCES,
        "kind": kind,
        "metadata": metadata,
        "spec": {"interval": "1h", **spec},
    }
    begun = time.monotonic()
    await bench.client.apply(resource, body, manager="bench")
    await polling.eventually(
        lambda: bench.client.get(resource, name, bench.namespace), spaces.is_ready, timeout=300, what=f"{kind} {name}"
    )
    return time.monotonic() - begun


def _fill(files: Path) -> None:
    names = ["first", "second", *(f"chart-{number:03}" for number in range(2, CHARTS))]
    with (files / "index.yaml").open("w") as out:
        out.write("apiVersion: v1\nentries:\n")
        for name in names:
            out.write(f"  {name}:\n")
            out.writelines(_versions(files, name))
        out.write('generated: "2024-01-02T03:04:05.678901234Z"\n')


def _versions(files: Path, name: str) -> Iterator[str]:
    for number in reversed(range(VERSIONS)):
        version = f"{number // 100}.{number // 10 % 10}.{number % 10}"
        packed = _packed(name, version) if name in ("first", "second") else name.encode()
        if name in ("first", "second"):
            (files / f"{name}-{version}.tgz").write_bytes(packed)
        yield f"""  - apiVersion: v2
    created: "2024-01-02T03:04:05.678901234Z"
    description: A chart that deploys one more thing
    digest: {hashlib.sha256(packed).hexdigest()}
    home: https://example.com/things/{name}
    keywords:
    - thing
    - cluster
    maintainers:
    - name: someone
    name: {name}
    urls:
    - {name}-{version}.tgz
    version: {version}
"""


def _packed(name: str, version: str) -> bytes:
    text = f"apiVersion: v2\nname: {name}\nversion: {version}\n".encode()
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as made:
        member = tarfile.TarInfo(f"{name}/Chart.yaml")
        member.size = len(text)
        made.addfile(member, io.BytesIO(text))
    return out.getvalue()
