"""How long `sluice build kustomization` and `kustomize build` take for one overlay, and how much memory.

Usage: python hack/bench/kustomize.py [--objects 4,400,1000,4000] [--rounds N] [--long-rounds N] [--kustomize PROGRAM]

For each size an overlay like a fleet's is generated: a Deployment, a Service, a ConfigMap and a ServiceAccount per app;
above them a prefix, a namespace, labels in selectors too, an image and a JSON patch of all Deployments. What both
programs print must be the same, byte for byte; then they run in turn. A figure is the median of the rounds: of whole
processes, and of a build and its output within one process, as a worker of the controller does it.
"""

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

LONG = 2000
"""From so many objects on, kustomize takes minutes: --long-rounds counts."""

SLUICE = Path(sys.executable).with_name("sluice")

APP = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
spec:
  replicas: 2
  selector:
    matchLabels:
      app: {name}
  template:
    metadata:
      labels:
        app: {name}
    spec:
      serviceAccountName: {name}
      containers:
      - name: main
        image: example.com/app:1.0
        ports:
        - containerPort: 8080
        envFrom:
        - configMapRef:
            name: {name}
        resources:
          requests:
            cpu: 100m
            memory: 64Mi
---
apiVersion: v1
kind: Service
metadata:
  name: {name}
spec:
  selector:
    app: {name}
  ports:
  - port: 80
    targetPort: 8080
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {name}
data:
  LOG_LEVEL: info
  config.yaml: |
    listen: ":8080"
    peers: []
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {name}
"""

OVERLAY = """\
resources:
- ../base
namespace: prod
namePrefix: prod-
labels:
- pairs: {team: a, env: prod}
  includeSelectors: true
images:
- name: example.com/app
  newTag: "2.0"
patches:
- target: {kind: Deployment}
  patch: |
    - op: replace
      path: /spec/replicas
      value: 3
"""

IN_PROCESS = """\
import sys, time
from pathlib import Path
from sluice import kustomize, yamlio

root, options = Path(sys.argv[1]), kustomize.BuildOptions(order=kustomize.Order.LEGACY)
for _ in range(int(sys.argv[2]) + 1):
    started = time.perf_counter()
    yamlio.dump_all(kustomize.build(root, "overlay", options=options))
    print(time.perf_counter() - started)
"""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One process: its output, how long it took, and its peak memory."""

    output: bytes
    seconds: float
    mebibytes: float


@dataclass(frozen=True, kw_only=True)
class Row:
    """The figures of one size: medians."""

    objects: int
    sluice: float
    kustomize: float
    in_process: float
    sluice_memory: float
    kustomize_memory: float

    def __str__(self) -> str:
        return (
            f"| {self.objects} | {self.kustomize:.3f} s | {self.sluice:.3f} s | {self.kustomize / self.sluice:.1f}x "
            f"| {self.in_process:.3f} s | {self.kustomize / self.in_process:.1f}x "
            f"| {self.kustomize_memory:.0f} MiB | {self.sluice_memory:.0f} MiB |"
        )


HEADER = """\
| objects | kustomize | sluice | times | sluice, in process | times | memory of kustomize | memory of sluice |
|---|---|---|---|---|---|---|---|"""


def main() -> None:
    """Measure every size and print the table."""
    arguments = parsed()
    print(facts(arguments.kustomize), flush=True)
    rows = []
    with tempfile.TemporaryDirectory(prefix="bench-kustomize-") as folder:
        for objects in arguments.objects:
            rounds = arguments.long_rounds if objects >= LONG else arguments.rounds
            fleet = Path(folder).resolve() / str(objects)
            generate(fleet, objects // 4)
            rows.append(measured(fleet, objects, rounds, arguments.kustomize))
    print(f"\n{HEADER}", *rows, sep="\n")


def parsed() -> argparse.Namespace:
    """The command line's arguments."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--objects", type=sizes, default=(4, 400, 1000, 4000), metavar="N,N,…")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--long-rounds", type=int, default=1, help=f"rounds from {LONG} objects on")
    parser.add_argument("--kustomize", default=kustomize(), metavar="PROGRAM")
    found = parser.parse_args()
    if not found.kustomize:
        parser.error("there is no kustomize: run hack/test-tools, or name one with --kustomize")
    return found


def sizes(text: str) -> tuple[int, ...]:
    """Numbers of objects, of which an app has four."""
    return tuple(max(4, int(part) // 4 * 4) for part in text.split(","))


def kustomize() -> str | None:
    """The program that hack/test-tools unpacked, else the one on the PATH."""
    return shutil.which("kustomize", path=os.pathsep.join((f"{sys.prefix}/tools", os.environ.get("PATH", ""))))


def facts(program: str) -> str:
    """What the figures depend on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
    version = subprocess.run([program, "version"], capture_output=True, text=True, check=True).stdout.strip()
    return "\n".join(
        (
            f"processor: {os.cpu_count()} x {model}, {platform.system()} {platform.machine()}",
            f"load before: {os.getloadavg()[0]:.2f}",
            f"Python {platform.python_version()}, PyYAML {metadata.version('pyyaml')}, "
            f"sluice {metadata.version('sluice')}, kustomize {version}",
        )
    )


def generate(fleet: Path, apps: int) -> None:
    """Write a base of so many apps, a file each, and the overlay."""
    (fleet / "base").mkdir(parents=True)
    (fleet / "overlay").mkdir()
    names = [f"app-{number}" for number in range(apps)]
    for name in names:
        (fleet / "base" / f"{name}.yaml").write_text(APP.format(name=name))
    (fleet / "base" / "kustomization.yaml").write_text("resources:\n" + "".join(f"- {name}.yaml\n" for name in names))
    (fleet / "overlay" / "kustomization.yaml").write_text(OVERLAY)


def measured(fleet: Path, objects: int, rounds: int, program: str) -> Row:
    """Compare what both print, then let them run in turn."""
    overlay = str(fleet / "overlay")
    ours, theirs = (str(SLUICE), "build", "kustomization", overlay), (program, "build", overlay)
    says(f"{objects} objects")
    pairs = [(timed(ours), timed(theirs))]
    if pairs[0][0].output != pairs[0][1].output:
        sys.exit(f"{objects} objects: the two programs do not print the same")
    says(f", the same {len(pairs[0][0].output)} bytes")
    if objects < LONG:
        # The first pair has warmed the caches of both.
        pairs = []
    while len(pairs) < rounds:
        pairs.append((timed(ours), timed(theirs)))
        says(".")
    alone = in_process(fleet, max(rounds, 3))
    print(flush=True)
    return Row(
        objects=objects,
        sluice=statistics.median(sluice.seconds for sluice, _ in pairs),
        kustomize=statistics.median(other.seconds for _, other in pairs),
        in_process=statistics.median(alone),
        sluice_memory=max(sluice.mebibytes for sluice, _ in pairs),
        kustomize_memory=max(other.mebibytes for _, other in pairs),
    )


def says(text: str) -> None:
    """Show how far it is."""
    print(text, end="", flush=True)


def timed(command: Sequence[str]) -> Run:
    """Run a command to its end; it must succeed."""
    with tempfile.TemporaryFile() as output:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=output)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"{command[0]} failed with {process.returncode}")
        output.seek(0)
        # Linux counts kibibytes, macOS bytes.
        unit = 2**20 if sys.platform == "darwin" else 2**10
        return Run(output=output.read(), seconds=seconds, mebibytes=usage.ru_maxrss / unit)


def in_process(fleet: Path, rounds: int) -> list[float]:
    """Seconds of each build and its output in one process; the first, which imports and compiles, is left out."""
    command = [sys.executable, "-c", IN_PROCESS, str(fleet), str(rounds)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [float(line) for line in printed.splitlines()[1:]]


if __name__ == "__main__":
    main()
