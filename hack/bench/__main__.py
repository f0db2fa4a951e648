"""Run one of the benchmarks of this folder by its name: `python hack/bench mttp --objects 100`."""

import pathlib
import runpy
import sys

NAMES = sorted(path.stem for path in pathlib.Path(__file__).parent.glob("*.py") if not path.stem.startswith("_"))


def main() -> None:
    """Run the benchmark that the first argument names, with the arguments after it."""
    if len(sys.argv) < 2 or sys.argv[1] not in NAMES:
        sys.exit(f"usage: python hack/bench {{{','.join(NAMES)}}} [options]; each of them knows --help")
    program = pathlib.Path(__file__).with_name(f"{sys.argv[1]}.py")
    sys.argv = [str(program), *sys.argv[2:]]
    runpy.run_path(str(program), run_name="__main__")


if __name__ == "__main__":
    main()
