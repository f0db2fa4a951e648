"""The API server takes and refuses what it does of Flux's own CRDs, with the same words.

The cases are in `tests/api/admission`, a file for each kind: specs, what a real API server made of them, and the status
that it gave a new object. All are offered in a dry run, so nothing is stored.
"""

import itertools
import os
import pathlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from sluice import kube, yamlio
from sluice.testing import namespaces
from sluice_api import meta
from sluice_api.kinds import KINDS

_KINDS = {kind.names.kind: kind for kind in KINDS}
_CASES = pathlib.Path(__file__).parent / "admission"
_FILES = [yamlio.load(path.read_text()) for path in sorted(_CASES.glob("*.yaml"))]
_NUMBERS = itertools.count()
Object = dict[str, Any]


def cases(verdict: str) -> list[Any]:
    """Every case of a verdict, with its kind and its kind's first status."""
    return [
        pytest.param(_KINDS[found["kind"]], {**case, "status": found.get("status")}, id=f"{found['kind']}: {name}")
        for found in _FILES
        for name, case in found[verdict].items()
    ]


@pytest.fixture(scope="module")
async def namespace(kubeconfig: pathlib.Path) -> AsyncIterator[str]:
    name = f"admission-{os.getpid()}-{next(_NUMBERS)}"
    async with await kube.Client.connect(kubeconfig, user_agent="tests") as administrator:
        await namespaces.create(administrator, name)
        yield name
        await namespaces.delete(administrator, name)


async def offer(client: kube.Client, namespace: str, kind: type[meta.APIObject], spec: Object) -> Object:
    """Create an object in a dry run."""
    names = kind.names
    metadata = {"name": "offered", "namespace": namespace}
    body = {"apiVersion": names.api_version, "kind": names.kind, "metadata": metadata, "spec": spec}
    resource = await client.resource_for(names.api_version, names.kind)
    return await client.create(resource, body, manager="tests", dry_run=True)


@pytest.mark.parametrize(("kind", "case"), cases("accepted"))
async def test_what_is_accepted_gets_its_defaults_and_is_read_as_it_was_written(
    client: kube.Client, namespace: str, kind: type[meta.APIObject], case: Object
) -> None:
    wanted = case.get("becomes", case["spec"])
    made = await offer(client, namespace, kind, case["spec"])
    assert (made["spec"], made.get("status")) == (wanted, case["status"])
    assert kind.model_validate(made).model_dump(by_alias=True, exclude_none=True)["spec"] == wanted


@pytest.mark.parametrize(("kind", "case"), cases("refused"))
async def test_what_is_refused_is_told_with_all_its_faults(
    client: kube.Client, namespace: str, kind: type[meta.APIObject], case: Object
) -> None:
    with pytest.raises(kube.Invalid) as refused:
        await offer(client, namespace, kind, case["spec"])
    names = kind.names
    # An API server looks at fields in no fixed order.
    assert sorted(f"{cause['field']}: {cause['message']}" for cause in refused.value.causes) == case["because"]
    assert str(refused.value).startswith(f'{names.kind}.{names.group} "offered" is invalid: ')
