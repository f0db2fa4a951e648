"""Our fixtures, against what kustomize 5.8.1 made of them; `docs/kustomize.md` says how that was written down."""

import shutil
import subprocess
from pathlib import Path

import pytest

from sluice import kustomize, yamlio

FIXTURES = Path(__file__).parent / "fixtures"
BUILT = sorted(path.parent.name for path in FIXTURES.glob("*/expected.yaml"))
REFUSED = sorted(path.parent.name for path in FIXTURES.glob("*/expected.error"))
AS_THE_COMMAND = kustomize.BuildOptions(order=kustomize.Order.LEGACY)


def test_there_are_fixtures() -> None:
    assert len(BUILT) > 40
    assert len(REFUSED) > 30


@pytest.mark.parametrize("name", BUILT)
def test_the_output_is_kustomizes_byte_for_byte(name: str) -> None:
    built = kustomize.build(FIXTURES, name, options=AS_THE_COMMAND)
    assert yamlio.dump_all(built) == (FIXTURES / name / "expected.yaml").read_text()


@pytest.mark.parametrize("name", REFUSED)
def test_the_error_is_kustomizes_word_for_word(name: str) -> None:
    with pytest.raises(kustomize.KustomizeError) as caught:
        kustomize.build(FIXTURES, name, options=AS_THE_COMMAND)
    shown = str(caught.value).replace(str(FIXTURES), "<root>")
    assert shown.strip() == (FIXTURES / name / "expected.error").read_text().strip()


@pytest.mark.skipif(shutil.which("kustomize") is None, reason="no kustomize to compare with")
@pytest.mark.parametrize("name", BUILT)
def test_the_kustomize_at_hand_still_prints_the_same(name: str) -> None:
    command = ["kustomize", "build", "--load-restrictor", "LoadRestrictionsNone", str(FIXTURES / name)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert printed == (FIXTURES / name / "expected.yaml").read_text()
