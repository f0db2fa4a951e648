"""Our fixtures, against what kustomize 5.8.1 made of them; `docs/kustomize.md` says how that was written down."""

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


@pytest.mark.needs("kustomize")
@pytest.mark.parametrize("name", BUILT)
def test_kustomize_itself_prints_the_same(name: str) -> None:
    command = ["kustomize", "build", "--load-restrictor", "LoadRestrictionsNone", str(FIXTURES / name)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    # Debian builds it without telling it its version, which the managed-by annotation shows.
    printed = printed.replace("kustomize-(devel)", "kustomize-v5.8.1")
    assert printed == (FIXTURES / name / "expected.yaml").read_text()
