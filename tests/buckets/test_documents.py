"""XML of strangers is read in pieces, and refused where it could do harm."""

import time
from collections.abc import AsyncIterator

import pytest

from sluice.buckets import documents
from sluice.buckets.errors import AnswerError

BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY a "0123456789"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;">]>
<ListBucketResult><Name>&c;</Name></ListBucketResult>"""
OUTSIDE = b"""<!DOCTYPE x [<!ENTITY file SYSTEM "file:///etc/passwd">]><x>&file;</x>"""


async def pieces(text: bytes, size: int = 7) -> AsyncIterator[bytes]:
    for start in range(0, len(text), size):
        yield text[start : start + size]


async def test_items_and_texts_are_found_wherever_the_pieces_end() -> None:
    text = (
        '<R xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><T>true</T><I><K>a&amp;ü</K><P><E>"x"</E></P>'
        '<M><E>other</E></M></I><I><K e="true">b</K></I><T>again</T></R>'
    ).encode()
    for size in (1, 7, 1000):
        read = await documents.read(pieces(text, size), item="I", limit=1000)
        assert (read.root, read.texts) == ("R", {"T": "true"})
        assert read.items == [{"K": "a&ü", "P/E": '"x"', "M/E": "other"}, {"K": "b", "K@e": "true"}]


@pytest.mark.parametrize("text", [BOMB, OUTSIDE, b"<!DOCTYPE x SYSTEM 'http://127.0.0.1:1/x.dtd'><x/>"])
async def test_a_document_type_is_not_read(text: bytes) -> None:
    started = time.process_time()
    with pytest.raises(AnswerError, match="document type"):
        await documents.read(pieces(text), limit=10_000)
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (b"<x>&unknown;</x>", "not XML"),
        (b"{}", "not XML"),
        (b"", "not XML"),
        (b"<x><y></x>", "not XML"),
        (b"<x>" * 100, "nested too deeply"),
        (b"<x>" + b"a" * 70_000 + b"</x>", "a text that is too long"),
        (b"<x>" + b"<y/>" * 400_000 + b"</x>", "larger than 1000000 bytes"),
        ("<x>ü</x>".encode("latin-1"), "not XML"),
    ],
)
async def test_what_makes_no_sense_is_refused(text: bytes, complaint: str) -> None:
    with pytest.raises(AnswerError, match=complaint):
        await documents.read(pieces(text, 1 << 16), limit=1_000_000)
