import importlib

import pytest


@pytest.mark.parametrize("package", ["sluice.aio", "sluice.runtime"])
def test_what_a_package_promises_is_there_and_in_order(package: str) -> None:
    module = importlib.import_module(package)
    promised = module.__all__
    assert [name for name in promised if not hasattr(module, name)] == []
    assert len(set(promised)) == len(promised)
