"""Real registries, and a process's client for them."""

from collections.abc import AsyncIterator

import pytest

from sluice import oci, web
from sluice.testing.registries import Registry

USERS = {"reader": "s3cret-of-reader", "other": "s3cret-of-other"}


@pytest.fixture
async def asker() -> AsyncIterator[web.Web]:
    async with web.Web() as running:
        yield running


@pytest.fixture
async def registries(asker: web.Web) -> oci.Registries:
    return oci.Registries(asker)


@pytest.fixture
async def registry() -> AsyncIterator[Registry]:
    """Open to everyone, without TLS."""
    async with Registry() as running:
        yield running
