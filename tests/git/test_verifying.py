"""A signed tag vouches for the commit that it names, whatever a server says of it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.signatures.signers import PGPKey

from sluice import git
from sluice.git import Reference, verifying
from sluice.signatures.verifying import Keys
from sluice.testing.git import Repository


def test_a_server_that_lists_another_commit_beside_a_signed_tag_is_not_believed(tmp_path: Path) -> None:
    key = PGPKey()
    repository = Repository(tmp_path / "app.git")
    good = repository.commit({"a": "1"}, signer=key.sign)
    tag = repository.tag("v1", message="one", signer=key.sign)
    bad = repository.commit({"a": "2"})
    demand = verifying.Demand(mode="Tag", keys=Keys(pgp=(key.public,)))
    told = f"verified signature of\n\t- tag 'v1@{tag}' with key '{key.id}'"
    assert verified(repository, {"refs/tags/v1": tag, "refs/tags/v1^{}": good}, demand, tmp_path) == told
    with pytest.raises(git.TagSignatureError, match="not of the commit that the server lists for it"):
        verified(repository, {"refs/tags/v1": tag, "refs/tags/v1^{}": bad}, demand, tmp_path)


def verified(repository: Repository, refs: dict[str, str], demand: verifying.Demand, scratch: Path) -> str:
    address, mirror = f"file://{repository.path}", scratch / "mirror"
    # All commits are in the mirror, by another reference: the tag is all that may be missing.
    with git.checked_out(git.Job(address=address, mirror=mirror, reference=Reference(branch="main"))):
        pass
    with git.checked_out(git.Job(address=address, mirror=mirror, reference=Reference(tag="v1"), annotated=True)):
        pass
    job = git.Job(address=address, mirror=mirror, reference=Reference(tag="v1"), refs=refs, annotated=True)
    with git.checked_out(job) as found:
        assert found is not None
        return verifying.verify(found, demand, now=datetime.now(UTC))
