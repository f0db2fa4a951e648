"""Run one of the benchmarks of this folder by its name: `python hack/bench mttp --objects 100`."""

import pathlib
import runpy
import sys

HERE = pathlib.Path(__file__).parent
NAMES = sorted(
    path.stem
    for path in HERE.iterdir()
    if (path.suffix == ".py" and not path.stem.startswith("_")) or (path / "__main__.py").is_file()
)


def main() -> None:
    """Run the benchmark that the first argument names, with the arguments after it."""
    if len(sys.argv) < 2 or sys.argv[1] not in NAMES:
        sys.exit(f"usage: python hack/bench {{{','.join(NAMES)}}} [options]; each of them knows --help")
    name = sys.argv[1]
    sys.argv = [name, *sys.argv[2:]]
    # Python looks for modules in this folder first, as it was told to run it.
    runpy.run_module(name, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
