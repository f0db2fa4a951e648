"""Values out of ConfigMaps and Secrets: in Flux's words when they cannot be had, and without what is secret."""

from __future__ import annotations

from typing import Any

import pytest
from tests.helm_controller.spaces import Object, Space, condition

WATCHED = {"reconcile.fluxcd.io/watch": "Enabled"}


def config(name: str, kind: str = "ConfigMap", *, watched: bool = False, **data: str) -> Object:
    field = "data" if kind == "ConfigMap" else "stringData"
    metadata = {"name": name, "labels": WATCHED if watched else {}}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, field: data}


def values(name: str, text: str, kind: str = "ConfigMap", *, watched: bool = False) -> Object:
    found = config(name, kind, watched=watched)
    return {**found, "data" if kind == "ConfigMap" else "stringData": {"values.yaml": text}}


def reference(name: str, kind: str = "ConfigMap", **fields: Any) -> Object:
    return {"kind": kind, "name": name, **fields}


async def value(space: Space) -> str:
    found = await space.get("ConfigMap", "app")
    assert found is not None
    return str(found["data"]["v"])


async def test_they_are_merged_in_their_order_with_the_specs_own_last(space: Space) -> None:
    await space.source()
    await space.apply(values("one", "v: from one\nw: 1\n"))
    await space.apply(config("two", "Secret", x="from two"))
    async with space.controller():
        await space.release(valuesFrom=[reference("one"), reference("two", "Secret", valuesKey="x", targetPath="v")])
        await space.see_ready()
        assert await value(space) == "from two"
        await space.edit(values={"v": "inline"})
        await space.see_ready("True", "UpgradeSucceeded")
        assert await value(space) == "inline"


async def test_a_change_of_one_that_is_watched_makes_a_new_release_at_once(space: Space) -> None:
    await space.source()
    await space.apply(values("vals", "v: one", watched=True))
    async with space.controller():
        await space.release(valuesFrom=[reference("vals")])
        await space.see_ready()
        await space.apply(values("vals", "v: two", watched=True))
        app = await space.see(lambda obj: condition(obj)["reason"] == "UpgradeSucceeded")
        assert app["status"]["history"][0]["version"] == 2
        assert await value(space) == "two"


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"name": "none"}, "'NS/none' with key 'values.yaml': configmaps \"none\" not found"),
        ({"name": "vals", "valuesKey": "none"}, "'NS/vals' with key 'none': key not found"),
        (
            {"name": "vals", "valuesKey": "bad"},
            "'NS/vals' with key 'bad': error converting YAML to JSON: yaml: line 1: did not find expected node content",
        ),
        (
            {"name": "vals", "valuesKey": "list"},
            "'NS/vals' with key 'list': error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array "
            "into Go value of type map[string]interface {}",
        ),
    ],
)
async def test_what_cannot_be_had_is_told_in_flux_words(space: Space, fields: Object, why: str) -> None:
    await space.source()
    await space.apply(config("vals", bad="a: [\n", list="- a"))
    async with space.controller():
        await space.release(valuesFrom=[{"kind": "ConfigMap", **fields}])
        app = await space.see_ready("False", "ValuesError")
        text = f"could not resolve ConfigMap chart values reference {why.replace('NS', space.namespace)}"
        assert condition(app)["message"] == text
        assert await space.events(1) == [f"Warning ValuesError {text}"]
    assert "history" not in app["status"]


async def test_what_may_be_missing_is_passed_over(space: Space) -> None:
    await space.source()
    await space.apply(config("vals", k="v"))
    async with space.controller():
        missing = [reference("none", optional=True), reference("vals", valuesKey="none", optional=True)]
        await space.release(valuesFrom=missing)
        await space.see_ready()
    assert await value(space) == "one"


@pytest.mark.parametrize("fields", [{}, {"targetPath": "a.b"}])
async def test_what_is_secret_is_never_quoted(space: Space, fields: Object) -> None:
    await space.source()
    await space.apply(values("hidden", "{hunter2: *hunter2", "Secret"))
    async with space.controller():
        await space.release(valuesFrom=[reference("hidden", "Secret", **fields)])
        app = await space.see_ready("False", "ValuesError")
        assert "hunter2" not in str(app)
        assert "hunter2" not in str(await space.events(1))


async def test_values_without_end_cost_one_worker_and_are_told(space: Space) -> None:
    lines = [f"a{number}: &a{number} [{', '.join([f'*a{number - 1}'] * 9)}]" for number in range(1, 12)]
    await space.source()
    await space.apply(values("bomb", "\n".join(["a0: &a0 [x]", *lines])))
    async with space.controller():
        await space.release(valuesFrom=[reference("bomb")])
        app = await space.see_ready("False", "ValuesError")
        assert "history" not in app["status"]
