"""Write manifests/crds from the API types; with --check, fail when what is written there is stale.

Usage: python hack/generate_crds.py [--check]
"""

import pathlib
import sys

from sluice import yamlio
from sluice_api import crd
from sluice_api.kinds import KINDS

FOLDER = pathlib.Path(__file__).parent.parent / "manifests" / "crds"
HEADER = "# Generated from api/sluice_api by hack/generate_crds.py; do not edit.\n"


def main() -> int:
    """Write or check every CRD; 1 when a checked file is stale."""
    wanted = {
        f"{kind.names.plural}.{kind.names.group}.yaml": HEADER + yamlio.dump(crd.definition(kind)) for kind in KINDS
    }
    if sys.argv[1:] == ["--check"]:
        return check(wanted)
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in wanted.items():
        (FOLDER / name).write_text(text)
    return 0


def check(wanted: dict[str, str]) -> int:
    """Compare the folder with what the types say."""
    found = {path.name: path.read_text() for path in FOLDER.glob("*.yaml")}
    stale = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
    for name in stale:
        print(f"manifests/crds/{name} is stale: run `make generate`", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
