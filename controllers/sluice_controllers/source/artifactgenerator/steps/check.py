"""What of a spec can never be followed, beyond what the API server refuses."""

from typing import NoReturn

from sluice import runtime
from sluice_api.source_extensions.v1beta1 import ArtifactGenerator
from sluice_controllers.source.artifactgenerator import patterns

VALIDATION_FAILED = "ValidationFailed"


class Check:
    """Refuses with ValidationFailed or AccessDenied, in Flux's words."""

    def __init__(self, *, cross_namespace: bool) -> None:
        self._cross_namespace = cross_namespace

    async def __call__(
        self, ctx: runtime.Context[ArtifactGenerator], generator: ArtifactGenerator
    ) -> ArtifactGenerator:
        """Look at the sources, and then at the artifacts."""
        aliases = self._aliases(ctx, generator)
        seen: set[str] = set()
        for each in generator.spec.artifacts:
            if each.name in seen:
                _refuse(f"duplicate artifact name '{each.name}' found")
            fault = "" if generator.spec.path_pattern else patterns.name_fault(each.name)
            if fault:
                _refuse(f'artifact name "{each.name}" is not a valid Kubernetes object name: {fault}')
            revision = (each.revision or "").removeprefix("@")
            if revision and revision not in aliases:
                _refuse(f"artifact {each.name} revision source alias '{revision}' not found")
            seen.add(each.name)
        return generator

    def _aliases(self, ctx: runtime.Context[ArtifactGenerator], generator: ArtifactGenerator) -> set[str]:
        aliases: set[str] = set()
        for each in generator.spec.sources:
            if each.alias in aliases:
                _refuse(f"duplicate source alias '{each.alias}' found")
            aliases.add(each.alias)
            if not self._cross_namespace and (each.namespace or ctx.namespace) != ctx.namespace:
                text = f"cross-namespace reference to source {each.kind}/{each.namespace}/{each.name} is not allowed"
                raise runtime.Stalled("AccessDenied", text)
        return aliases


def _refuse(text: str) -> NoReturn:
    raise runtime.Stalled(VALIDATION_FAILED, text)
