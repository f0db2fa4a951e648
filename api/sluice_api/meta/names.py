"""Condition types, reasons, annotations and labels that several kinds use, spelled once.

Source: Flux v2.9's `apis/meta`, kustomize-controller and source-controller APIs.
"""

from typing import Final

FINALIZER: Final = "finalizers.fluxcd.io"

READY: Final = "Ready"
RECONCILING: Final = "Reconciling"
STALLED: Final = "Stalled"
HEALTHY: Final = "Healthy"

SUCCEEDED: Final = "Succeeded"
FAILED: Final = "Failed"
PROGRESSING: Final = "Progressing"
PROGRESSING_WITH_RETRY: Final = "ProgressingWithRetry"
SUSPENDED: Final = "Suspended"
DEPENDENCY_NOT_READY: Final = "DependencyNotReady"
RECONCILIATION_SUCCEEDED: Final = "ReconciliationSucceeded"
RECONCILIATION_FAILED: Final = "ReconciliationFailed"
ACCESS_DENIED: Final = "AccessDenied"
FEATURE_GATE_DISABLED: Final = "FeatureGateDisabled"
INVALID_CEL_EXPRESSION: Final = "InvalidCELExpression"

OWN_PREFIX: Final = "sluice.dev/"
"""Of annotations that are Sluice's own; a change of one is a change of what is wanted."""

RECONCILE_REQUEST: Final = "reconcile.fluxcd.io/requestedAt"
"""Annotation: a new value asks for a reconcile now; it is echoed in `status.lastHandledReconcileAt`."""

FORCE_REQUEST: Final = "reconcile.fluxcd.io/forceAt"
"""Annotation: with the value of `RECONCILE_REQUEST`, what is wanted is done again, in sync or not; once."""

RESET_REQUEST: Final = "reconcile.fluxcd.io/resetAt"
"""Annotation: with the value of `RECONCILE_REQUEST`, failures are forgotten; once."""

EVENT_METADATA_PREFIX: Final = "event.toolkit.fluxcd.io/"
"""Annotations with this prefix are copied into the metadata of the object's events."""
