from pathlib import Path

import pytest

from sluice import artifact
from sluice.artifact import digests

# Of the three letters "abc", as the algorithms' own papers give them.
KNOWN = {
    "sha1": "a9993e364706816aba3e25717850c26c9cd0d89d",
    "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    "sha384": "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
    "sha512": "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
    "blake3": "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85",
}


@pytest.mark.parametrize("algorithm", artifact.ALGORITHMS)
def test_each_algorithm_gives_what_its_authors_say(algorithm: str, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"abc")
    assert digests.of_file(tmp_path / "x", algorithm).hexdigest() == KNOWN[algorithm]


@pytest.mark.parametrize("algorithm", artifact.ALGORITHMS)
def test_a_digest_is_read_as_it_is_written(algorithm: str) -> None:
    text = f"{algorithm}:{KNOWN[algorithm]}"
    assert str(artifact.Digest.parse(text)) == text


@pytest.mark.parametrize("algorithm", artifact.ALGORITHMS)
def test_a_digest_of_another_length_is_refused(algorithm: str) -> None:
    with pytest.raises(artifact.DigestError, match="is not a digest"):
        artifact.Digest.parse(f"{algorithm}:{KNOWN[algorithm][2:]}")


def test_an_algorithm_that_nobody_knows_is_refused_by_name() -> None:
    with pytest.raises(artifact.DigestError, match="unsupported digest algorithm 'md5'"):
        artifact.Digest.parse("md5:900150983cd24fb0d6963f7d28e17f72")
