from typing import Any

from sluice import merge, schema

Object = dict[str, Any]

CONFIG_MAP = schema.builtin(schema.GVK("", "v1", "ConfigMap"))
DEPLOYMENT = schema.builtin(schema.GVK("apps", "v1", "Deployment"))


def config(data: Object, **metadata: Any) -> Object:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "uid": "u", **metadata}, "data": data}


def update(live: Object | None, new: Object, manager: str, second: int = 0, **options: Any) -> Object:
    now = f"2026-11-21T10:00:{second:02d}Z"
    return merge.update(live, new, manager=manager, schema=CONFIG_MAP, now=now, **options)


def shares(obj: Object) -> dict[str, Any]:
    return {entry["manager"]: entry["fieldsV1"] for entry in obj["metadata"].get("managedFields", [])}


def test_a_creator_owns_what_it_created_but_not_what_the_server_manages() -> None:
    new = config({"a": "1"}, namespace="n", generation=1, labels={"x": "y"})
    assert shares(update(None, new, "kubectl-create")) == {
        "kubectl-create": {"f:data": {".": {}, "f:a": {}}, "f:metadata": {"f:labels": {".": {}, "f:x": {}}}}
    }


def test_structures_a_built_in_type_always_has_are_nobodys_and_others_are_owned() -> None:
    new = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "a"},
        "spec": {
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}},
            "template": {"spec": {"containers": [{"name": "c", "ports": [{"containerPort": 80}]}]}},
        },
    }
    made = merge.update(None, new, manager="m", schema=DEPLOYMENT, now="2026-11-21T10:00:00Z")
    port: Object = {'k:{"containerPort":80,"protocol":"TCP"}': {".": {}, "f:containerPort": {}}}
    container = {".": {}, "f:name": {}, "f:ports": {".": {}, **port}, "f:resources": {}}
    assert shares(made)["m"]["f:spec"] == {
        "f:strategy": {"f:rollingUpdate": {".": {}, "f:maxSurge": {}}, "f:type": {}},
        "f:template": {"f:spec": {"f:containers": {'k:{"name":"c"}': container}}},
    }


def test_who_changes_a_field_owns_it_and_the_last_owner_loses_it() -> None:
    live = update(None, config({"a": "1", "b": "1"}), "one")
    after = update(live, config({"a": "2", "b": "1"}), "two", 1)
    assert shares(after) == {"one": {"f:data": {".": {}, "f:b": {}}}, "two": {"f:data": {"f:a": {}}}}


def test_who_changes_nothing_gets_no_entry_and_no_new_time() -> None:
    live = update(None, config({"a": "1"}), "one")
    assert update(live, config({"a": "1"}), "two", 1) == live
    assert update(live, config({"a": "1"}), "one", 1) == live


def test_the_fields_of_one_manager_gather_in_one_entry() -> None:
    live = update(update(None, config({"a": "1"}), "one"), config({"a": "1", "b": "1"}), "one", 1)
    (entry,) = live["metadata"]["managedFields"]
    assert entry["time"] == "2026-11-21T10:00:01Z"
    assert entry["fieldsV1"] == {"f:data": {".": {}, "f:a": {}, "f:b": {}}}


def test_a_removed_field_belongs_to_nobody() -> None:
    live = update(None, config({"a": "1", "b": "1"}), "one")
    assert shares(update(live, config({"b": "1"}), "two", 1)) == {"one": {"f:data": {".": {}, "f:b": {}}}}


def test_managed_fields_sent_along_count_and_a_reset_ends_tracking() -> None:
    live = update(None, config({"a": "1"}), "one")
    resets: list[list[Object]] = [[], [{}]]
    for reset in resets:
        gone = update(live, config({"a": "2"}, managedFields=reset), "two", 1)
        assert "managedFields" not in gone["metadata"]
        assert "managedFields" not in update(gone, config({"a": "3"}), "two", 2)["metadata"]
    edited = [{**live["metadata"]["managedFields"][0], "manager": "renamed"}]
    assert set(shares(update(live, config({"a": "1"}, managedFields=edited), "two", 1))) == {"renamed"}


def test_a_subresource_cannot_change_the_owners_of_the_rest() -> None:
    live = update(None, config({"a": "1"}), "one")
    after = update(live, config({"a": "1"}, managedFields=[]), "two", 1, subresource="status")
    assert shares(after) == shares(live)


def test_unreadable_managed_fields_are_ignored() -> None:
    live = update(None, config({"a": "1"}), "one")
    nonsense = [{"manager": "x", "operation": "Sing", "apiVersion": "v1", "fieldsType": "FieldsV1"}]
    assert shares(update(live, config({"a": "1"}, managedFields=nonsense), "two", 1)) == shares(live)


def test_true_for_one_is_a_change() -> None:
    live = merge.update(
        None,
        {"apiVersion": "v1", "metadata": {"uid": "u"}, "x": 1},
        manager="a",
        schema=None,
        now="2026-11-21T10:00:00Z",
    )
    new = {"apiVersion": "v1", "metadata": {"uid": "u"}, "x": True}
    after = merge.update(live, new, manager="b", schema=None, now="2026-11-21T10:00:00Z")
    assert shares(after) == {"b": {"f:x": {}}}


def test_times_alone_are_not_worth_storing() -> None:
    live = update(None, config({"a": "1"}), "one")
    later = update(None, config({"a": "1"}), "one", 30)
    assert merge.keep_times(live, later) is live
    changed = update(None, config({"a": "2"}), "one", 30)
    assert merge.keep_times(live, changed) is changed


def test_the_eleventh_updater_sends_the_oldest_into_ancient_changes() -> None:
    live = update(None, config({"k0": "1"}), "u0")
    for n in range(1, 12):
        live = update(live, config({f"k{m}": "1" for m in range(n + 1)}), f"u{n}", n)
    found = shares(live)
    assert len(found) == 10
    assert found["ancient-changes"] == {"f:data": {".": {}, "f:k0": {}, "f:k1": {}, "f:k2": {}}}
