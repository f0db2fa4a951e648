"""`.helmignore`, by the rules of Helm: not of Git, and not of Flux."""

import pathlib

import pytest

from sluice.helm import charts
from sluice.helm.charts import Built, Order
from sluice.helm.charts.ignoring import Rules
from sluice.testing.charts import WEB, below, source, unpacked


@pytest.mark.parametrize(
    ("rules", "path", "left_out"),
    [
        ("*.md", "README.md", True),
        ("*.md", "docs/README.md", True),
        ("/*.md", "docs/README.md", False),
        ("/*.md", "README.md", True),
        ("docs/*.md", "docs/README.md", True),
        ("docs/*.md", "x/docs/README.md", False),
        ("docs/", "docs/README.md", True),
        ("docs/", "x/docs/README.md", True),
        ("docs/", "docs", False),
        ("docs", "docs/deep/README.md", True),
        ("README.md/", "README.md", False),
        ("  # comment\n\n*.txt  ", "a.txt", True),
        ("!*.md", "a.txt", True),
        ("!*.md", "a.md", False),
        ("*.txt\n!a.txt", "a.txt", True),
        ("[a-c].txt", "b.txt", True),
        ("[^a-c].txt", "b.txt", False),
        ("", "templates/.hidden", True),
        ("", "templates/deep/.hidden", False),
        ("", ".hidden", False),
        ("\ufeff*.md", "README.md", True),
    ],
)
def test_the_first_rule_that_speaks_of_a_path_decides(rules: str, path: str, left_out: bool) -> None:
    assert Rules.read(rules).leave_out(tuple(path.split("/"))) is left_out


@pytest.mark.parametrize(
    ("rules", "text"), [("a/**/b", "double-star (**) syntax is not supported"), ("[a", "syntax error in pattern")]
)
def test_rules_that_helm_does_not_know_fail_the_chart(tmp_path: pathlib.Path, rules: str, text: str) -> None:
    with pytest.raises(charts.PackageFault) as raised:
        charts.build(source(tmp_path / "s", below("c", {**WEB, ".helmignore": rules})), "c", Order(), {})
    assert str(raised.value) == f"chart package error: cannot load ignore rules for chart: {text}"


def test_what_is_ignored_is_not_in_the_package_and_may_be_of_any_size(tmp_path: pathlib.Path) -> None:
    files: dict[str, str | bytes] = {
        **WEB,
        ".helmignore": "*.bin\ndocs/\n",
        "huge.bin": bytes(11 << 20),
        "docs/a": "a",
        "docs/b/c": "c",
    }
    found = charts.build(source(tmp_path / "s", below("c", files)), "c", Order(), {})
    assert isinstance(found, Built)
    assert list(unpacked(found.data)) == [f"web/{name}" for name in ("Chart.yaml", "values.yaml")] + [
        "web/templates/cm.yaml",
        "web/.helmignore",
        "web/README.md",
    ]
