from collections.abc import AsyncIterator

import pytest

from sluice import kube
from sluice.testing import scripted


@pytest.fixture
async def server() -> AsyncIterator[scripted.Scripted]:
    async with scripted.serve() as running:
        yield running


@pytest.fixture
async def client(server: scripted.Scripted) -> AsyncIterator[kube.Client]:
    async with await server.connect() as connected:
        yield connected


@pytest.fixture
def config_maps() -> kube.Resource:
    return kube.Resource(group="", version="v1", kind="ConfigMap", plural="configmaps", namespaced=True)
