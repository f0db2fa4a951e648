"""Dependencies of HelmReleases: waited for without a worker, and woken by what happens to them."""

from __future__ import annotations

from tests.helm_controller.spaces import Space, condition


async def test_whoever_depends_goes_on_the_moment_the_other_is_ready(space: Space) -> None:
    await space.source()
    async with space.controller():
        await space.release(dependsOn=[{"name": "first"}])
        app = await space.see_ready("False", "DependencyNotReady")
        name = f"{space.namespace}/first"
        missing = f"unable to get '{name}' dependency: helmreleases.helm.toolkit.fluxcd.io \"first\" not found"
        assert condition(app)["message"] == missing
        assert await space.events(1) == [f"Normal DependencyNotReady {missing}"]
        await space.release("first", suspend=True)
        await space.see(lambda obj: condition(obj)["message"] == f"dependency '{name}' is not ready")
        await space.edit("first", suspend=False)
        await space.see_ready()


async def test_an_expression_decides_instead(space: Space) -> None:
    await space.source()
    async with space.controller():
        await space.release("first", suspend=True)
        await space.release(dependsOn=[{"name": "first", "readyExpr": "dep.spec.interval == '2h'"}])
        app = await space.see_ready("False", "DependencyNotReady")
        text = f"dependency '{space.namespace}/first' is not ready according to readyExpr eval"
        assert condition(app)["message"] == text
        await space.edit("first", interval="2h")
        await space.see_ready()


async def test_an_expression_that_is_none_is_terminal(space: Space) -> None:
    await space.source()
    async with space.controller():
        await space.release("first", suspend=True)
        await space.release(dependsOn=[{"name": "first", "readyExpr": "dep."}])
        app = await space.see_ready("False", "InvalidCELExpression")
        begin = "Reconciliation failed terminally due to configuration error: terminal error: failed to evaluate"
        assert condition(app, "Stalled")["message"].startswith(begin)


async def test_objects_of_any_kind_can_be_depended_on(space: Space) -> None:
    await space.source()
    async with space.controller():
        await space.release(dependsOn=[{"apiVersion": "v1", "kind": "ConfigMap", "name": "cm"}])
        await space.see_ready("False", "DependencyNotReady")
        await space.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "cm"}})
        await space.see_ready()


async def test_a_circle_is_drawn(space: Space) -> None:
    await space.source()
    async with space.controller():
        await space.release("first", dependsOn=[{"name": "app"}])
        await space.release(dependsOn=[{"name": "first"}])
        here = space.namespace
        drawn = f"dependency cycle {here}/app -> {here}/first -> {here}/app"
        await space.see(lambda obj: drawn in condition(obj).get("message", ""))
