"""Variables of `spec.postBuild`, from the spec, from ConfigMaps and from Secrets."""

from __future__ import annotations

from typing import Any

import pytest
from tests.kustomize_controller.conftest import Space, condition, config_map

from sluice import kustomize, yamlio
from sluice_controllers.kustomize import builds

WATCHED = {"reconcile.fluxcd.io/watch": "Enabled"}


def values(space: Space, kind: str, name: str, labels: dict[str, str] | None = None, **data: str) -> dict[str, Any]:
    meta = {"name": name, "namespace": space.namespace, "labels": labels or {}}
    return {"apiVersion": "v1", "kind": kind, "metadata": meta, "data" if kind == "ConfigMap" else "stringData": data}


async def test_later_references_win_and_the_spec_wins_over_all(space: Space) -> None:
    await space.apply(values(space, "ConfigMap", "first", a="1", b="1", c="1", d="two\nlines\n"))
    await space.apply(values(space, "Secret", "second", b="2", c="2"))
    async with space.controller():
        await space.kustomization(
            postBuild={
                "substituteFrom": [
                    {"kind": "ConfigMap", "name": "first"},
                    {"kind": "ConfigMap", "name": "none", "optional": True},
                    {"kind": "Secret", "name": "second"},
                ],
                "substitute": {"c": "3"},
            }
        )
        await space.commit({"cm.yaml": config_map("cm", k="${a} ${b} ${c} ${d} ${e:=default} $${a} $a")})
        await space.see_data("cm", {"k": "1 2 3 twolines default ${a} $a"})


async def test_what_looks_like_a_number_becomes_one_and_a_switch_keeps_an_object_as_it_is(space: Space) -> None:
    deployment = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec:\n  replicas: ${replicas}\n"
        "  selector: {matchLabels: {app: d}}\n  template:\n    metadata: {labels: {app: d}}\n"
        "    spec: {containers: [{name: c, image: 'example/c:${tag}'}]}\n"
    )
    kept = config_map("kept", k="${replicas}")
    kept["metadata"]["annotations"] = {"kustomize.toolkit.fluxcd.io/substitute": "disabled"}
    async with space.controller():
        await space.kustomization(postBuild={"substitute": {"replicas": "0", "tag": "1.10"}})
        revision = await space.commit({"d.yaml": deployment, "kept.yaml": kept})
        await space.see_applied(revision)
        made = await space.get("Deployment", "d", "apps/v1")
        assert made is not None
        assert made["spec"]["replicas"] == 0
        assert made["spec"]["template"]["spec"]["containers"][0]["image"] == "example/c:1.10"
        await space.see_data("kept", {"k": "${replicas}"})


async def test_a_change_of_labelled_values_is_applied_at_once_and_they_cost_no_request(space: Space) -> None:
    await space.apply(values(space, "ConfigMap", "vars", WATCHED, a="old"))
    await space.apply(values(space, "Secret", "more", WATCHED, b="old"))
    async with space.controller():
        references = [{"kind": "ConfigMap", "name": "vars"}, {"kind": "Secret", "name": "more"}]
        await space.kustomization(postBuild={"substituteFrom": references})
        await space.commit({"cm.yaml": config_map("cm", k="${a} ${b}")})
        await space.see_data("cm", {"k": "old old"})
        space.seen.clear()
        await space.apply(values(space, "ConfigMap", "vars", WATCHED, a="new"))
        await space.see_data("cm", {"k": "new old"})
        await space.apply(values(space, "Secret", "more", WATCHED, b="new"))
        await space.see_data("cm", {"k": "new new"})
        assert not {"GET configmaps", "GET secrets"} & space.seen.keys()


async def test_values_that_are_missing_fail_the_build_and_heal_it_when_they_come(space: Space) -> None:
    async with space.controller():
        await space.kustomization(postBuild={"substituteFrom": [{"kind": "ConfigMap", "name": "vars"}]})
        await space.commit({"cm.yaml": config_map("cm", k="${a}")})
        app = await space.see_ready("False", "BuildFailed")
        assert condition(app)["message"] == (
            "post build failed for 'ConfigMap.v1.[noGrp]/cm': "
            "substitute from 'ConfigMap/vars' error: configmaps \"vars\" not found"
        )
        assert await space.get("ConfigMap", "cm") is None
        await space.apply(values(space, "ConfigMap", "vars", WATCHED, a="there"))
        await space.see_data("cm", {"k": "there"})


async def test_labelled_values_that_are_taken_away_are_missed_at_once(space: Space) -> None:
    await space.apply(values(space, "ConfigMap", "vars", WATCHED, a="there"))
    async with space.controller():
        await space.kustomization(postBuild={"substituteFrom": [{"kind": "ConfigMap", "name": "vars"}]})
        await space.commit({"cm.yaml": config_map("cm", k="${a}")})
        await space.see_ready()
        await space.delete("ConfigMap", "vars")
        await space.see_ready("False", "BuildFailed")


async def test_values_without_the_label_are_read_at_every_pass(space: Space) -> None:
    await space.apply(values(space, "ConfigMap", "vars", a="old"))
    async with space.controller():
        await space.kustomization(postBuild={"substituteFrom": [{"kind": "ConfigMap", "name": "vars"}]})
        await space.commit({"cm.yaml": config_map("cm", k="${a}")})
        await space.see_data("cm", {"k": "old"})
        await space.apply(values(space, "ConfigMap", "vars", a="new"))
        await space.request()
        await space.see_data("cm", {"k": "new"})


@pytest.mark.parametrize("strict", [True, False])
async def test_an_unset_variable_fails_the_build_unless_the_gate_is_off(space: Space, strict: bool) -> None:
    async with space.controller(f"--feature-gates=StrictPostBuildSubstitutions={str(strict).lower()}"):
        await space.kustomization(postBuild={"substitute": {"a": "1"}})
        await space.commit({"cm.yaml": config_map("cm", k="<${unset}>")})
        if not strict:
            await space.see_data("cm", {"k": "<>"})
            return
        app = await space.see_ready("False", "BuildFailed")
        assert condition(app)["message"] == (
            "post build failed for 'ConfigMap.v1.[noGrp]/cm': envsubst error: variable substitution failed: "
            'variable not set (strict mode): "unset" (line 3)'
        )


async def test_values_of_secrets_are_in_no_message_of_a_build_that_fails(space: Space) -> None:
    await space.apply(values(space, "Secret", "more", b="}: hunter2: ["))
    async with space.controller():
        await space.kustomization(postBuild={"substituteFrom": [{"kind": "Secret", "name": "more"}]})
        await space.commit({"cm.yaml": config_map("cm", k="${b}")})
        app = await space.see_ready("False", "BuildFailed")
        assert "YAMLToJSON" in condition(app)["message"]
        assert "hunter2" not in str(app)
        assert all("hunter2" not in event for event in await space.events(1))


def built(text: str, variables: dict[str, str], *, always: bool = False) -> Any:
    substitution = builds.Substitution(variables=variables, strict=True, always=always)
    obj = config_map("cm", k=text)
    found, shown = builds.substituted(obj, yamlio.dump(obj), substitution)
    assert yamlio.load(shown) == found
    return found["data"]["k"]


def test_without_variables_defaults_count_only_when_always_is_asked_for() -> None:
    assert built("${a:=x}", {}) == "${a:=x}"
    assert built("${a:=x}", {}, always=True) == "x"
    assert built("${a:=x}", {"b": "y"}) == "x"


def test_names_that_no_variable_has_and_what_is_no_yaml_fail_the_build() -> None:
    with pytest.raises(kustomize.KustomizeError, match="'a-b' var name is invalid"):
        built("x", {"a-b": "1"})
    with pytest.raises(kustomize.KustomizeError, match="YAMLToJSON"):
        built("${a}", {"a": "- x: ["})


def test_values_are_in_no_representation() -> None:
    assert "hunter2" not in repr(builds.Substitution(variables={"a": "hunter2"}, strict=True))
