"""Does the spec ask for things that this build can do? Says nothing of what the spec no longer asks for."""

from sluice import runtime
from sluice_api.source.v1 import GitRepository
from sluice_controllers.source import failures
from sluice_controllers.source.gitrepository.steps import verify

_UNSUPPORTED = {
    "recurse_submodules": "fetching submodules",
}


async def check(ctx: runtime.Context[GitRepository], source: GitRepository) -> GitRepository:
    """Look at the spec. Stalls (FetchFailed) on fields that this build would otherwise ignore."""
    for field, what in _UNSUPPORTED.items():
        if getattr(source.spec, field):
            alias = type(source.spec).model_fields[field].alias or field
            text = f"spec.{alias} is set, but this build does not do {what} yet"
            raise failures.refused(failures.UNSUPPORTED, text)
    verify.forget(ctx, source)
    return source
