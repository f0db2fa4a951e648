"""Hold ours against the real kustomize, case by case, and print how many of each feature's cases pass.

`make conformance ARGS="--feature images"`, or `python hack/conformance --help`.
"""

import collections
import concurrent.futures
import contextlib
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from sluice.testing import kustomize_cases
from sluice.testing.kustomize_cases import Case
from sluice_cli.main import cli

CORPUS = Path(__file__).parents[2] / "tests" / "kustomize" / "corpus"
_EXCERPT = 40
"""Lines of a difference that are shown."""
_DETAILED = 20
"""Failures that are shown with their difference; of the others only the name is."""


@click.command()
@click.option("--feature", "features", multiple=True, help="Only the cases of this feature; may be given again.")
@click.option(
    "--keep",
    type=click.Path(path_type=Path),
    help="Write the cases' files there, and leave them, to build them by hand.",
)
def conformance(features: Sequence[str], keep: Path | None) -> None:
    """Build each case of the corpus with the real kustomize and with ours, and tell where they differ."""
    binary = kustomize_cases.kustomize()
    if binary is None:
        sys.exit("There is no kustomize to compare with: run hack/test-tools")
    paths = sorted(path for path in CORPUS.glob("*/*.yaml") if not features or path.parent.name in features)
    if not paths:
        sys.exit("There is no such case")
    cases = {f"{path.parent.name}/{path.stem}": kustomize_cases.read(path) for path in paths}
    with _folder(keep) as folder:
        faults = dict(_faults(binary, cases, folder))
    _report(faults)
    sys.exit(1 if any(faults.values()) else 0)


@contextlib.contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep:
        keep.mkdir(parents=True)
        yield keep.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
        yield Path(folder).resolve()


def _faults(binary: str, cases: dict[str, Case], folder: Path) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with each case, "" for nothing; kustomize runs beside ours."""
    for name, case in cases.items():
        case.write(folder / name)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        builds = [pool.submit(kustomize_cases.theirs, binary, case, folder / name) for name, case in cases.items()]
        for (name, case), theirs in zip(cases.items(), builds, strict=True):
            ours = kustomize_cases.ours(cli, case, folder / name)
            yield name, kustomize_cases.fault(case, theirs.result(), ours)


def _report(faults: dict[str, str]) -> None:
    total = collections.Counter(name.partition("/")[0] for name in faults)
    passed = collections.Counter(name.partition("/")[0] for name, fault in faults.items() if not fault)
    for feature in sorted(total):
        print(f"{feature:24} {passed[feature]:4} / {total[feature]}")
    print(f"{'all':24} {passed.total():4} / {total.total()}")
    failed = {name: fault.splitlines() for name, fault in faults.items() if fault}
    for at, (name, lines) in enumerate(failed.items()):
        shown = lines[:_EXCERPT] if at < _DETAILED else []
        print(f"\n{name}:", *shown, *(["..."] if len(lines) > len(shown) else []), sep="\n  ")


if __name__ == "__main__":
    conformance()
