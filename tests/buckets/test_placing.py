"""No key leads out of an artifact."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.buckets import placing
from sluice.buckets.errors import KeyNameError


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("a/b", "a/b"),
        ("/etc/passwd", "etc/passwd"),
        ("../../x", "x"),
        ("a/../../../b", "b"),
        ("a/./b//c", "a/b/c"),
        ("..a/b..", "..a/b.."),
        ("a\\..\\b", "a\\..\\b"),
    ],
)
def test_a_key_means_what_it_means_to_flux(key: str, path: str) -> None:
    assert "/".join(placing.path_of(key)) == path


@pytest.mark.parametrize("key", ["..", "/", "a/..", ".", "a\0b", "a\nb", "\x7f", "n" * 256, "d/" * 3000 + "x"])
def test_what_names_no_file_is_refused_in_one_line(key: str) -> None:
    with pytest.raises(KeyNameError) as caught:
        placing.path_of(key)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400


def test_what_cannot_be_beside_each_other_is_refused() -> None:
    for keys in (["a", "a/b"], ["a/b", "a"], ["a/b", "./a//b"], ["x", "y/../x"], ["a/b/c", "a"]):
        with pytest.raises(KeyNameError):
            placing.placed(keys)


def test_the_order_is_that_of_a_walk() -> None:
    keys = ["b", "a.b", "a/z", "a/b/c", "a-b", "ü"]
    assert ["/".join(path) for path in placing.placed(keys)] == ["a/b/c", "a/z", "a-b", "a.b", "b", "ü"]


@given(st.text(alphabet="./ab\\", max_size=30))
def test_no_part_of_a_path_leads_anywhere_else(key: str) -> None:
    try:
        path = placing.path_of(key)
    except KeyNameError:
        return
    assert path
    assert not {"", ".", ".."} & set(path)
    assert all("/" not in name for name in path)
