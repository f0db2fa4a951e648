"""docs/troubleshooting.md names every reason that the controllers can give, and no other."""

import ast
import re

from tests.docs import documents

from sluice.helm import manifests
from sluice_api.meta import names
from sluice_controllers.kustomize import settings

DOCUMENT = documents.ROOT / "docs" / "troubleshooting.md"
PLACES = ("controllers/sluice_controllers", "pkg/sluice/appliers", "pkg/sluice/runtime")

GOOD_NEWS = {
    *("Succeeded", "ReconciliationSucceeded", "NewArtifact", "ArtifactInStorage", "ArtifactUpToDate"),
    *("GarbageCollectionSucceeded", "GitOperationSucceeded"),
    *("ChartPullSucceeded", "ChartPackageSucceeded", "ResolvedDependencies"),
    *("InstallSucceeded", "UpgradeSucceeded", "TestSucceeded", "RollbackSucceeded", "UninstallSucceeded"),
    *("NoDriftDetected", "DriftCorrected", "HelmChartDeleted"),
}
NO_REASON = {
    *("GitRepository", "OCIRepository", "HelmRepository", "ExternalArtifact", "ConfigMap", "ServiceAccount"),  # kinds
    "ETag",
    *settings.GATES,
    *("MirrorPrune", "WaitForTermination", "TagAndHEAD"),  # values of fields
    "InProgress",  # a state of health
    *("InSync", "OutOfSync"),  # how a release stands
    *("RetryOnFailure", "CreateReplace", "InPlaceUpdate"),  # values of fields
    *("AllowDNSLookups", "DefaultToRetryOnFailure", "DisableChartDigestTracking"),  # gates
    *("HelmChart", "TestSuccess", "NotSupported"),  # a kind, a condition type, an answer of API servers
    *("RequestEntityTooLarge", "ServiceUnavailable"),  # answers of API servers
    *manifests.ORDER,  # kinds
    *("FetchFailed", "ArtifactOutdated", "IncludeUnavailable", "SourceVerified"),  # condition types
}
UNUSED = {"Suspended"}
"""Of Flux's vocabulary, and given by nothing that is built."""

_WORDS = re.compile(r"[A-Z]\w*[a-z][A-Z]\w*|[A-Z]{2,}[a-z]\w+|Unsupported")


def told() -> set[str]:
    """The words in the controllers' code that look like a reason, and those of the common vocabulary that they use."""
    found: set[str] = set()
    for place in PLACES:
        for file in (documents.ROOT / place).rglob("*.py"):
            if file.name in ("__init__.py", "settings.py"):  # exported names, feature gates
                continue
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and _WORDS.fullmatch(node.value):
                    found.add(node.value)
                elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "names":
                    found.add(str(getattr(names, node.attr, "")))
    return found


def explained() -> set[str]:
    return {
        word for cells in documents.cells(DOCUMENT) for word in re.findall(r"`(\w+)`", cells[0]) if word[0].isupper()
    }


def test_every_reason_is_explained() -> None:
    conditions = {names.READY, names.RECONCILING, names.STALLED, names.HEALTHY}
    reasons = {word for word in told() if word[:1].isupper()} - GOOD_NEWS - NO_REASON - conditions
    assert reasons - explained() == set()


def test_every_reason_that_is_explained_exists() -> None:
    assert explained() - told() == set()


def test_what_is_left_out_as_unused_is_unused() -> None:
    assert told() & UNUSED == set()
