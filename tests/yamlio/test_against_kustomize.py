"""Random YAML, read and written by the real kustomize and by us: the same text, byte for byte.

One build holds many random values, so that few runs of the program try thousands. What is tried is the same each time;
`YAML_EXAMPLES=2000 pytest tests/yamlio/test_against_kustomize.py` tries so many builds of something new.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sluice import kustomize, yamlio

pytestmark = pytest.mark.needs("kustomize")

EXAMPLES = os.environ.get("YAML_EXAMPLES")
FEW = settings(
    max_examples=int(EXAMPLES or 6),
    derandomize=EXAMPLES is None,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
KUSTOMIZE = shutil.which("kustomize", path=os.pathsep.join((f"{sys.prefix}/tools", os.environ.get("PATH", ""))))
HEAD = "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a}\n"

PLAIN = """
    yes No ON off y n true True tRue false null ~ NULL 0 -0 +1 017 0o17 0x1F 0b11 08 1_000 1_ .5 -.5 1. 1.50 1e3 1E-7
    1e21 1e400 1234567.5 123456.75 -0.0 9223372036854775808 18446744073709551616 190:20:30 1.2.3 v1 2001-01-01
    2001-13-01 2001-12-14t21:59:43.10-05:00 a b-c d.e x:y x#y -a ?b = inf é 😀 !!str&1 !!int&5 !!float&1 !mine&1 !&7
    !!null&~ !!str&yes !!binary&aGk=
""".split()  # noqa: SIM905  a table of words
WORDS = [
    "a",
    "b c",
    "- x",
    "x: y",
    "x #y",
    "#",
    "'",
    '"',
    "\\",
    "1",
    "true",
    "~",
    "é",
    "😀",
    "\t",
    "\n",
    "\n\n",
    " ",
    "  ",
]
WORDS += [
    "long words that go on and on and on and on until the line is full and more ",
    "---",
    "...",
    "{",
    "]",
    ",",
    "\ufeff",
]
WORDS += [
    "\x01",
    "\x1b",
    "\xa0",
    "\u2028",
    "\u2029",
    "\r",
    "\ue000",
    "%",
    "@",
    "`",
    "!",
    "&",
    "*",
    "|",
    ">",
    "?",
    ":",
    "=",
    "<<",
]
# What kustomize cannot read again after it wrote it: docs/kustomize.md.
UNREADABLE = re.compile("[\x7f-\x9f\ud800-\udfff\ufffe\uffff]|^<<$|^\t")

texts = (st.lists(st.sampled_from(WORDS), max_size=8).map("".join) | st.text(max_size=12)).filter(
    lambda text: not UNREADABLE.search(text)
)
numbers = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
Write = Callable[[int], str]
"""Writes a value behind its key or dash; takes the indent of what goes on below."""


def escaped(text: str) -> str:
    """In double quotes, so that every reader of YAML has it as it is."""
    quoted = json.dumps(text, ensure_ascii=False).replace("\\/", "/")
    return re.sub("[\xa0\u2028\u2029\ufeff]", lambda found: f"\\u{ord(found[0]):04x}", quoted)


def on_one_line(source: str) -> Write:
    return lambda _: f" {source}\n"


def block(header: str, lines: list[str]) -> Write:
    first = next((line for line in lines if line), "")
    shown = header[0] + "2" * first.startswith(" ") + header[1:]
    return lambda indent: f" {shown}\n" + "".join(f"{' ' * indent}{line}\n" if line else "\n" for line in lines)


def listed(items: list[Write]) -> Write:
    return lambda indent: "\n" + "".join(f"{' ' * indent}-{item(indent + 2)}" for item in items)


def mapped(entries: dict[str, Write]) -> Write:
    return lambda indent: "\n" + "".join(f"{' ' * indent}{key}:{item(indent + 2)}" for key, item in entries.items())


plain = st.sampled_from(PLAIN).map(lambda word: word.replace("&", " "))
lines = st.sampled_from(
    ["", "", "foo", "bar baz", " indented", "   more", "# no comment", "- x", "a: b", "x  y", "'q'", "é"]
)
keys = st.sampled_from(["a", "b", "a1", "a10", "a9", "A", "_x", "x.y/z", "yes", "'1'", "é", '"a b"', "a-b", '""'])
scalars = (
    plain.map(on_one_line)
    | texts.map(escaped).map(on_one_line)
    | st.builds(block, st.sampled_from(["|", "|-", "|+", ">", ">-", ">+"]), st.lists(lines, max_size=6))
    | st.lists(plain | st.just(""), max_size=3).map(lambda items: on_one_line(f"[{', '.join(filter(None, items))}]"))
    | st.sampled_from(["{}", "{a: , b: ~}", "{a: [b: c]}", "'it''s'", "two words", "x # comment", ""]).map(on_one_line)
)
values: st.SearchStrategy[Write] = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=4).map(listed)
        | st.dictionaries(keys, inner, min_size=1, max_size=4).map(mapped)
    ),
    max_leaves=8,
)


@pytest.fixture(name="folder", scope="module")
def folder_fixture() -> Any:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name).resolve()


@FEW
@given(source=st.lists(values, min_size=20, max_size=120).map(listed))
def test_what_is_written_by_hand_is_read_alike(folder: Path, source: Write) -> None:
    assert_alike(folder, f"{HEAD}spec:{source(2)}")


@FEW
@given(
    found=st.lists(texts | numbers, min_size=100, max_size=300),
    names=st.lists(texts.filter(lambda text: not re.search("[0-9]", text)), unique=True, max_size=60),
)
def test_any_text_and_number_is_written_alike(folder: Path, found: list[Any], names: list[str]) -> None:
    shown = [escaped(each) if isinstance(each, str) else repr(each) for each in found]
    items = "".join(f"- {each}\n" for each in shown)
    # Beyond 1024 characters a key is none; with digits in them, their order goes in circles.
    entries = "".join(
        f"  {escaped(name)}: {each}\n" for name, each in zip(names, shown, strict=False) if len(name) < 128
    )
    assert_alike(folder, f"{HEAD}spec:\n{items}names:\n{entries}")


def assert_alike(folder: Path, manifest: str) -> None:
    (folder / "kustomization.yaml").write_text("resources: [a.yaml]\n")
    (folder / "a.yaml").write_text(manifest)
    assert KUSTOMIZE
    done = subprocess.run([KUSTOMIZE, "build", str(folder)], capture_output=True, check=False, timeout=60)
    assert not done.returncode, done.stderr.decode()
    ours = yamlio.dump_all(kustomize.build(folder, ".")).encode()
    assert ours.decode().splitlines() == done.stdout.decode().splitlines()
    assert ours == done.stdout
