"""Stories recorded from a real API server (Kubernetes 1.36), told again: every step must end as it did there.

A step takes the object the step before left; what the server had defaulted or generated in an update is taken from the
record, for that is not the merge's work. Times are not compared.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from sluice import merge, schema

RECORDED = Path(__file__).with_name("recorded")
STORIES: list[dict[str, Any]] = json.loads((RECORDED / "stories.json").read_text())
NOW = "2026-11-21T10:00:00Z"


def schema_of(story: dict[str, Any]) -> schema.Schema:
    if story["kind"] == "Thing":
        return schema.structural(json.loads((RECORDED / "thing.schema.json").read_text()))
    found = schema.builtin(schema.GVK("", story["apiVersion"], story["kind"]))
    assert found is not None
    return found


def owners(obj: dict[str, Any]) -> list[str]:
    entries = obj["metadata"].get("managedFields", [])
    return texts({k: v for k, v in e.items() if k != "time"} for e in entries)


def texts(values: Iterable[Any]) -> list[str]:
    return sorted(json.dumps(value, sort_keys=True) for value in values)


def bare(obj: dict[str, Any]) -> dict[str, Any]:
    metadata = {k: v for k, v in obj["metadata"].items() if k != "managedFields"}
    return {**obj, "metadata": metadata}


def assert_covers(said: Any, recorded: Any, path: str = "") -> None:
    """What the merge says is in the record, which has defaults and generated fields besides."""
    if isinstance(said, dict):
        for name, value in said.items():
            if name in ("generation", "resourceVersion") or (name not in recorded and value in ({}, [], None)):
                continue
            assert name in recorded, f"{path}.{name}"
            assert_covers(value, recorded[name], f"{path}.{name}")
    elif isinstance(said, list):
        assert len(said) == len(recorded), path
        for position, (mine, theirs) in enumerate(zip(said, recorded, strict=True)):
            assert_covers(mine, theirs, f"{path}[{position}]")
    else:
        assert said == recorded or (said is None and recorded == ""), path


def applied(story: dict[str, Any], live: dict[str, Any] | None, step: dict[str, Any]) -> dict[str, Any]:
    ignored = merge.reset_fields("", story["kind"], subresource=step["subresource"], custom=story["kind"] == "Thing")
    return merge.apply(
        live,
        step["body"],
        manager=step["manager"],
        force=step["force"],
        schema=schema_of(story),
        now=NOW,
        subresource=step["subresource"],
        ignored=ignored,
    )


def updated(story: dict[str, Any], live: dict[str, Any] | None, step: dict[str, Any]) -> dict[str, Any]:
    new = bare(step["result"])
    if "managedFields" in step:
        new["metadata"]["managedFields"] = step["managedFields"]
    sub = step.get("subresource", "")
    ignored = merge.reset_fields("", story["kind"], subresource=sub, custom=story["kind"] == "Thing")
    return merge.update(
        live,
        new,
        manager=step["manager"],
        schema=schema_of(story),
        now=NOW,
        subresource=sub,
        ignored=ignored,
    )


def refused(story: dict[str, Any], live: dict[str, Any] | None, step: dict[str, Any]) -> None:
    with pytest.raises(merge.MergeError) as caught:
        applied(story, live, step)
    error = caught.value
    if isinstance(error, merge.Conflicts):
        assert str(error) == step["message"]
        # Owners come in no particular order in the causes, other than in the message.
        mine = (conflict.cause() for conflict in error.conflicts)
        assert texts(mine) == texts(step["causes"])
    elif isinstance(error, merge.MistypedError):
        head, _, text = step["message"].partition("): ")
        assert head.startswith("failed to create typed patch object (")
        assert str(error) == text
    else:
        assert str(error) == step["message"]


@pytest.mark.parametrize("story", STORIES, ids=[story["title"] for story in STORIES])
def test_a_recorded_story_ends_every_step_as_the_real_server_did(story: dict[str, Any]) -> None:
    live: dict[str, Any] | None = None
    for step in story["steps"]:
        if "message" in step:
            refused(story, live, step)
            continue
        result = applied(story, live, step) if step["operation"] == "apply" else updated(story, live, step)
        assert owners(result) == owners(step["result"])
        assert_covers(bare(result), bare(step["result"]))
        live = step["result"]
