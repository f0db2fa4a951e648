"""The patch from one document to the next, held against what the merge makes of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice import merge, schema

DEPLOYMENT = schema.builtin(schema.GVK("apps", "v1", "Deployment"))

_NAMES = st.sampled_from("abcd")
_TEXTS = st.sampled_from(("1", "2"))
_ENV = st.lists(st.builds(lambda n, v: {"name": n, "value": v}, _NAMES, _TEXTS), unique_by=lambda e: e["name"])
_CONTAINERS = st.lists(
    st.builds(lambda n, i, e: {"name": n, "image": i, "env": e, "args": [i]}, _NAMES, _TEXTS, _ENV),
    unique_by=lambda c: c["name"],
)
_STRATEGIES = st.sampled_from(({"type": "Recreate"}, {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}))
_FINALIZERS = st.lists(st.sampled_from(("x/a", "x/b", "x/c")), unique=True)


@st.composite
def deployments(draw: st.DrawFn) -> dict[str, Any]:
    pod = {"containers": draw(_CONTAINERS), "nodeSelector": draw(st.dictionaries(_NAMES, _TEXTS))}
    metadata = {"labels": draw(st.dictionaries(_NAMES, _TEXTS)), "finalizers": draw(_FINALIZERS)}
    return {"metadata": metadata, "spec": {"strategy": draw(_STRATEGIES), "template": {"spec": pod}}}


@given(deployments(), deployments())
def test_the_patch_leads_from_one_to_the_other(before: dict[str, Any], after: dict[str, Any]) -> None:
    patch = merge.create_strategic(before, after, before, DEPLOYMENT)
    assert merge.strategic(before, patch, DEPLOYMENT) == after


@given(deployments(), deployments(), deployments())
def test_nothing_is_left_to_do_afterwards(before: dict[str, Any], after: dict[str, Any], live: dict[str, Any]) -> None:
    merged = merge.strategic(live, merge.create_strategic(before, after, live, DEPLOYMENT), DEPLOYMENT)
    assert merge.create_strategic(before, after, merged, DEPLOYMENT) == {}
    assert "$" not in str(merged)


@given(deployments(), deployments())
def test_what_was_never_said_stays(after: dict[str, Any], live: dict[str, Any]) -> None:
    merged = merge.strategic(live, merge.create_strategic({}, after, live, DEPLOYMENT), DEPLOYMENT)
    assert merged["metadata"]["labels"] == live["metadata"]["labels"] | after["metadata"]["labels"]
    assert set(merged["metadata"]["finalizers"]) == {*live["metadata"]["finalizers"], *after["metadata"]["finalizers"]}


FINALIZERS = {"metadata": {"finalizers": ["a", "b", "c"]}}


@pytest.mark.parametrize(
    ("before", "after", "live", "expected"),
    [
        ({"a": 1}, {}, {"a": 2, "b": 3}, {"a": None}),
        ({"a": 1}, {}, {"b": 3}, {}),
        ({}, {"spec": {"replicas": 2}}, {"spec": {"replicas": 2, "paused": True}}, {}),
        ({}, {"spec": {"replicas": 2}}, {"spec": {"replicas": 3}}, {"spec": {"replicas": 2}}),
        (
            {"metadata": {"finalizers": ["a", "b"]}},
            {"metadata": {"finalizers": ["b"]}},
            FINALIZERS,
            {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"], "$setElementOrder/finalizers": ["b"]}},
        ),
        (
            {},
            {"spec": {"strategy": {"type": "Recreate"}}},
            {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {}}}},
            {"spec": {"strategy": {"type": "Recreate", "$retainKeys": ["type"]}}},
        ),
    ],
)
def test_what_the_patch_says(
    before: dict[str, Any], after: dict[str, Any], live: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert merge.create_strategic(before, after, live, DEPLOYMENT) == expected
