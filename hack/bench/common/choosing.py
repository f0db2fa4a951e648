"""Options that several benches have."""

import argparse
from collections.abc import Callable, Sequence


def chosen(known: Sequence[str]) -> Callable[[str], tuple[str, ...]]:
    """What reads rows by their names; an ArgumentTypeError names those that there are not."""

    def read(text: str) -> tuple[str, ...]:
        names = tuple(text.split(","))
        if unknown := set(names) - set(known):
            raise argparse.ArgumentTypeError(f"no such row: {', '.join(sorted(unknown))}; there are {','.join(known)}")
        return names

    return read
