from sluice import merge


def test_every_exported_name_is_there_and_every_error_is_a_merge_error() -> None:
    assert sorted(merge.__all__) == merge.__all__
    found = {name: getattr(merge, name) for name in merge.__all__}
    errors = {name for name, value in found.items() if isinstance(value, type) and issubclass(value, Exception)}
    assert errors == {name for name in merge.__all__ if name.endswith("Error") or name == "Conflicts"}
    assert all(issubclass(found[name], merge.MergeError) for name in errors)
