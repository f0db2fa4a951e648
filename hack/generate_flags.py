"""Write what becomes of Flux's flags and gates into docs/flux-compatibility.md; with --check, fail when that is stale.

The controllers' settings say how each stands to Flux's (`sluice.runtime.standings`).

Usage: python hack/generate_flags.py [--check]
"""

import pathlib
import sys
from collections.abc import Iterator, Mapping

from sluice import runtime
from sluice.runtime import flags
from sluice.runtime.standings import Standing, Verdict
from sluice_controllers.helm.settings import HelmSettings
from sluice_controllers.kustomize.settings import KustomizeSettings
from sluice_controllers.source.settings import SourceSettings

DOCUMENT = pathlib.Path(__file__).parent.parent / "docs" / "flux-compatibility.md"
BEGIN, END = "<!-- flags: written by `make generate` -->\n", "<!-- end of flags -->\n"
CONTROLLERS: Mapping[str, type[runtime.Settings]] = {
    "helm-controller": HelmSettings,
    "kustomize-controller": KustomizeSettings,
    "source-controller": SourceSettings,
}


def standings(settings: type[runtime.Settings]) -> Iterator[tuple[str, Standing]]:
    """Every flag as it is written, and every gate by its name."""
    known = [flag for _, flag in flags.flags_of(settings)]
    yield from sorted((f"--{flag.name}", flag.standing) for flag in known)
    yield from sorted((name, gate.standing) for flag in known for name, gate in flag.gates.items())


def lines(controller: str, settings: type[runtime.Settings]) -> Iterator[str]:
    """The section of one controller."""
    found = dict(standings(settings))
    same = [name for name, standing in found.items() if standing.verdict is Verdict.SAME]
    ours = [name for name, standing in found.items() if standing.verdict is Verdict.OURS]
    yield f"### {controller}"
    yield ""
    yield f"The same as Flux's: {_listed(same)}. Sluice's own: {_listed(ours)}."
    yield ""
    yield "| flag or gate | here |"
    yield "|---|---|"
    for name, standing in found.items():
        if standing.verdict not in (Verdict.SAME, Verdict.OURS):
            yield f"| `{name}` | {standing.verdict}: {standing.why} |"
    yield ""


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def main() -> int:
    """Write the section or check it; 1 when it is stale."""
    text = "\n".join(line for name, settings in CONTROLLERS.items() for line in lines(name, settings)) + "\n"
    document = DOCUMENT.read_text()
    before, _, rest = document.partition(BEGIN)
    _, _, after = rest.partition(END)
    wanted = f"{before}{BEGIN}\n{text}{END}{after}"
    if sys.argv[1:] != ["--check"]:
        DOCUMENT.write_text(wanted)
    elif document != wanted:
        print("the flags in docs/flux-compatibility.md are stale: run `make generate`", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
