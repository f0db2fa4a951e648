"""How each of Helm's actions is done, and what becomes of one that fails."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field

from sluice_api import meta

CRDsPolicy = Literal["Skip", "Create", "CreateReplace"]
ServerSideApplyMode = Literal["enabled", "disabled", "auto"]
StrategyName = Literal["RemediateOnFailure", "RetryOnFailure"]


def _rule(message: str, rule: str) -> dict[str, Any]:
    return {"x-kubernetes-validations": [{"message": message, "rule": rule}]}


class InstallStrategy(meta.APIModel):
    """What is done about an install that fails."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra=_rule(
            ".retryInterval cannot be set when .name is 'RemediateOnFailure'",
            "!has(self.retryInterval) || self.name != 'RemediateOnFailure'",
        )
    )

    name: StrategyName
    """Remediate, or try again without."""
    retry_interval: meta.Duration | None = None
    """How long to wait before the next try; 5m when absent."""


class UpgradeStrategy(meta.APIModel):
    """What is done about an upgrade that fails."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra=_rule(
            ".retryInterval can only be set when .name is 'RetryOnFailure'",
            "!has(self.retryInterval) || self.name == 'RetryOnFailure'",
        )
    )

    name: StrategyName
    """Remediate, or try again without."""
    retry_interval: meta.Duration | None = None
    """How long to wait before the next try; 5m when absent."""


class InstallRemediation(meta.APIModel):
    """How a failed install is made good: it is uninstalled, and tried again."""

    ignore_test_failures: bool | None = None
    """Whether failed tests are no failure; as `test.ignoreFailures` when absent."""
    remediate_last_failure: bool | None = None
    """Whether the last failure is made good too; false when absent."""
    retries: int | None = None
    """How often to try again; without end when negative, not at all when absent."""


class UpgradeRemediation(meta.APIModel):
    """How a failed upgrade is made good."""

    ignore_test_failures: bool | None = None
    """Whether failed tests are no failure; as `test.ignoreFailures` when absent."""
    remediate_last_failure: bool | None = None
    """Whether the last failure is made good too; when absent, if there are retries."""
    retries: int | None = None
    """How often to try again; without end when negative, not at all when absent."""
    strategy: Literal["rollback", "uninstall"] | None = None
    """What is done; rollback when absent."""


class Install(meta.APIModel):
    """How the chart is installed."""

    crds: CRDsPolicy | None = None
    """What becomes of the definitions in the chart's `crds` directory; Create when absent."""
    create_namespace: bool | None = None
    """Whether to make the target namespace."""
    disable_hooks: bool | None = None
    """Whether to run no hooks."""
    disable_open_api_validation: Annotated[bool | None, Field(alias="disableOpenAPIValidation")] = None
    """Whether objects with fields that the server does not know are taken."""
    disable_schema_validation: bool | None = None
    """Whether values are not held against the chart's schema."""
    disable_take_ownership: bool | None = None
    """Whether objects that exist and are of no release are an error."""
    disable_wait: bool | None = None
    """Whether not to wait until the objects are ready."""
    disable_wait_for_jobs: bool | None = None
    """Whether not to wait for jobs."""
    remediation: InstallRemediation | None = None
    """What to do about a failure."""
    replace: bool | None = None
    """Whether to take a name that an uninstalled or failed release has left in the history."""
    server_side_apply: bool | None = None
    """Whether to apply on the server's side; true when absent."""
    skip_crds: Annotated[bool | None, Field(alias="skipCRDs")] = None
    """No longer read: see `crds`."""
    strategy: InstallStrategy | None = None
    """What to do about a failure: remediate or just try again."""
    timeout: meta.Duration | None = None
    """Limit of the action and of each hook; the HelmRelease's when absent."""


class Upgrade(meta.APIModel):
    """How the release is upgraded."""

    chart_name_change_strategy: Literal["InPlaceUpdate", "Reinstall"] | None = None
    """What is done when the chart has another name; Reinstall when absent."""
    cleanup_on_fail: bool | None = None
    """Whether objects that a failed upgrade created are deleted."""
    crds: CRDsPolicy | None = None
    """What becomes of the definitions in the chart's `crds` directory."""
    disable_hooks: bool | None = None
    """Whether to run no hooks."""
    disable_open_api_validation: Annotated[bool | None, Field(alias="disableOpenAPIValidation")] = None
    """Whether objects with fields that the server does not know are taken."""
    disable_schema_validation: bool | None = None
    """Whether values are not held against the chart's schema."""
    disable_take_ownership: bool | None = None
    """Whether objects that exist and are of no release are an error."""
    disable_wait: bool | None = None
    """Whether not to wait until the objects are ready."""
    disable_wait_for_jobs: bool | None = None
    """Whether not to wait for jobs."""
    force: bool | None = None
    """Whether to replace objects; not on the server's side."""
    preserve_values: bool | None = None
    """Whether the last release's values hold where new ones say nothing."""
    remediation: UpgradeRemediation | None = None
    """What to do about a failure."""
    server_side_apply: ServerSideApplyMode | None = None
    """Whether to apply on the server's side; as the last release when absent or auto."""
    strategy: UpgradeStrategy | None = None
    """What to do about a failure: remediate or just try again."""
    timeout: meta.Duration | None = None
    """Limit of the action and of each hook; the HelmRelease's when absent."""


class Filter(meta.APIModel):
    """A test that is run alone, or not at all."""

    exclude: bool | None = None
    """Whether it is not run."""
    name: Annotated[str, Field(min_length=1, max_length=253)]
    """Name of the test hook."""


class Test(meta.APIModel):
    """Which tests are run after an install or an upgrade."""

    enable: bool | None = None
    """Whether tests are run."""
    filters: list[Filter] | None = None
    """Which of them."""
    ignore_failures: bool | None = None
    """Whether one that fails is no failure of the release."""
    timeout: meta.Duration | None = None
    """Limit of all tests; the HelmRelease's when absent."""


class Rollback(meta.APIModel):
    """How the release is rolled back."""

    cleanup_on_fail: bool | None = None
    """Whether objects that a failed rollback created are deleted."""
    disable_hooks: bool | None = None
    """Whether to run no hooks."""
    disable_wait: bool | None = None
    """Whether not to wait until the objects are ready."""
    disable_wait_for_jobs: bool | None = None
    """Whether not to wait for jobs."""
    force: bool | None = None
    """Whether to replace objects; not on the server's side."""
    recreate: bool | None = None
    """No longer has an effect."""
    server_side_apply: ServerSideApplyMode | None = None
    """Whether to apply on the server's side; as the release rolled back to when absent or auto."""
    timeout: meta.Duration | None = None
    """Limit of the action and of each hook; the HelmRelease's when absent."""


class Uninstall(meta.APIModel):
    """How the release is uninstalled."""

    deletion_propagation: Literal["background", "foreground", "orphan"] = meta.crd_default("background")
    """What becomes of what the deleted objects own."""
    disable_hooks: bool | None = None
    """Whether to run no hooks."""
    disable_wait: bool | None = None
    """Whether not to wait until the objects are gone."""
    keep_history: bool | None = None
    """Whether the release's history stays."""
    timeout: meta.Duration | None = None
    """Limit of the action and of each hook; the HelmRelease's when absent."""
