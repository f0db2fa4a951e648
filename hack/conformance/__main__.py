"""Hold ours against the real kustomize, case by case, and print how many of each feature's cases pass.

`make conformance ARGS="--feature images"`, or `python hack/conformance --help`. With `--random 1000` it builds random
overlays instead, and prints those that differ as the case that would go into the corpus.
"""

import collections
import concurrent.futures
import contextlib
import itertools
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from sluice.testing import kustomize_cases, kustomize_overlays
from sluice.testing.kustomize_cases import Case
from sluice_cli.main import cli

CORPUS = Path(__file__).parents[2] / "tests" / "kustomize" / "corpus"
_EXCERPT = 40
"""Lines of a difference that are shown."""
_DETAILED = 20
"""Failures that are shown with their difference; of the others only the name is."""


@click.command()
@click.option("--feature", "features", multiple=True, help="Only the cases of this feature; may be given again.")
@click.option("--random", "count", type=int, default=0, help="Not the corpus, but so many random overlays.")
@click.option("--seed", type=int, default=0, show_default=True, help="Which random overlays.")
@click.option(
    "--keep",
    type=click.Path(path_type=Path),
    help="Write the cases' files there, and leave them, to build them by hand.",
)
def conformance(features: Sequence[str], count: int, seed: int, keep: Path | None) -> None:
    """Build each case of the corpus with the real kustomize and with ours, and tell where they differ."""
    binary = kustomize_cases.kustomize()
    if binary is None:
        sys.exit("There is no kustomize to compare with: run hack/test-tools")
    with _folder(keep) as folder:
        if count:
            passed = _search(binary, folder, count, seed)
        else:
            faults = dict(_faults(binary, _cases(features), folder))
            _report(faults)
            passed = not any(faults.values())
    sys.exit(0 if passed else 1)


@contextlib.contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep:
        keep.mkdir(parents=True)
        yield keep.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
        yield Path(folder).resolve()


def _cases(features: Sequence[str]) -> dict[str, Case]:
    paths = sorted(path for path in CORPUS.glob("*/*.yaml") if not features or path.parent.name in features)
    if not paths:
        sys.exit("There is no such case")
    return {f"{path.parent.name}/{path.stem}": kustomize_cases.read(path) for path in paths}


def _faults(binary: str, cases: dict[str, Case], folder: Path) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with each case, "" for nothing; kustomize runs beside ours."""
    for name, case in cases.items():
        case.write(folder / name)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        builds = [pool.submit(kustomize_cases.theirs, binary, case, folder / name) for name, case in cases.items()]
        for (name, case), theirs in zip(cases.items(), builds, strict=True):
            ours = kustomize_cases.ours(cli, case, folder / name)
            yield name, kustomize_cases.fault(case, theirs.result(), ours)


def _search(binary: str, folder: Path, count: int, seed: int) -> bool:
    """Print the random overlays that are built differently, as small as they get; tell whether there are none."""
    built = itertools.count()
    outcomes = collections.Counter[str]()

    def check(case: Case) -> str:
        place = folder / str(next(built))
        case.write(place)
        theirs, ours = kustomize_cases.theirs(binary, case, place), kustomize_cases.ours(cli, case, place)
        shutil.rmtree(place)
        outcomes["both fail" if theirs.error and ours.error else "compared"] += 1
        return kustomize_cases.disagreement(theirs, ours)

    found = 0
    for found, (case, said) in enumerate(kustomize_overlays.search(check, count=count, seed=seed), start=1):
        case.write(folder / f"different-{found}")
        print(kustomize_cases.text(case), *said.splitlines()[:_EXCERPT], sep="\n", end="\n\n", flush=True)
    print(f"{found} differ; built {dict(outcomes)}")
    return not found


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
