"""What a HelmRelease says is done about failures, defaults included."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from sluice_api import meta
from sluice_api.helm.v2 import HelmReleaseSpec, HelmReleaseStatus, InstallStrategy, UpgradeStrategy

_RETRY: Final = "RetryOnFailure"
_RETRY_SECONDS: Final = 300.0


@dataclass(frozen=True, kw_only=True)
class Remedy:
    """How failures of one action are made good."""

    strategy: Literal["rollback", "uninstall"]
    retries: int
    """How often it is tried again; negative for ever."""
    failures: int
    """How often it has failed."""
    ignore_tests: bool
    """Whether failed tests are no failures."""
    last_too: bool
    """Whether the last failure is made good too."""
    after_upgrade: bool
    """Whether it is an upgrade that failed."""

    @property
    def is_exhausted(self) -> bool:
        """Whether it is not tried again."""
        return self.retries >= 0 and self.failures > self.retries

    @property
    def uninstalls_upgrades(self) -> bool:
        """Whether what failed to be upgraded is uninstalled: it is installed then, however often that failed."""
        return self.after_upgrade and self.strategy == "uninstall"


def of_install(spec: HelmReleaseSpec, status: HelmReleaseStatus) -> Remedy:
    """Of installs."""
    found = spec.install.remediation if spec.install else None
    return Remedy(
        strategy="uninstall",
        retries=(found and found.retries) or 0,
        failures=status.install_failures or 0,
        ignore_tests=_ignore_tests(spec, found.ignore_test_failures if found else None),
        last_too=bool(found and found.remediate_last_failure),
        after_upgrade=False,
    )


def of_upgrade(spec: HelmReleaseSpec, status: HelmReleaseStatus) -> Remedy:
    """Of upgrades."""
    found = spec.upgrade.remediation if spec.upgrade else None
    retries = (found and found.retries) or 0
    last = found.remediate_last_failure if found else None
    return Remedy(
        strategy=(found and found.strategy) or "rollback",
        retries=retries,
        failures=status.upgrade_failures or 0,
        ignore_tests=_ignore_tests(spec, found.ignore_test_failures if found else None),
        last_too=retries > 0 if last is None else last,
        after_upgrade=True,
    )


def active(spec: HelmReleaseSpec, status: HelmReleaseStatus) -> Remedy | None:
    """Of what was tried last; None when nothing was."""
    if status.last_attempted_release_action is None:
        return None
    return (of_install if status.last_attempted_release_action == "install" else of_upgrade)(spec, status)


def retry(spec: HelmReleaseSpec, status: HelmReleaseStatus, *, default: bool) -> float | None:
    """Seconds until what was tried last is tried again without being made good; None when it is made good.

    `default`: whether that is so where no strategy is named (the gate DefaultToRetryOnFailure).
    """
    strategy: InstallStrategy | UpgradeStrategy | None = None
    match status.last_attempted_release_action:
        case "install":
            strategy = spec.install.strategy if spec.install else None
        case "upgrade":
            strategy = spec.upgrade.strategy if spec.upgrade else None
        case None:
            return None
    if strategy is None:
        return _RETRY_SECONDS if default else None
    if strategy.name != _RETRY:
        return None
    return meta.parse_duration(strategy.retry_interval) if strategy.retry_interval else _RETRY_SECONDS


def ignores_tests(spec: HelmReleaseSpec, status: HelmReleaseStatus) -> bool:
    """Whether failed tests are no failures of what was tried last."""
    remedy = active(spec, status)
    return remedy.ignore_tests if remedy else _ignore_tests(spec, None)


def _ignore_tests(spec: HelmReleaseSpec, said: bool | None) -> bool:
    return bool(spec.test and spec.test.ignore_failures) if said is None else said
