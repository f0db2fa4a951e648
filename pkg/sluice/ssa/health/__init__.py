"""Is an object done? The rules of kstatus, as pure functions: one module per family of kinds.

Order of the rules: being deleted, generation not yet observed, the conditions `Reconciling` and `Stalled`,
the rule of the kind, the condition `Ready`, else current. Source: cli-utils' kstatus with Flux's own rule for
Jobs.
"""

from sluice.ssa.health.judging import judge, needs_status, unsettled
from sluice.ssa.health.pods import has_failed, last_word
from sluice.ssa.health.verdicts import NOT_FOUND, Health, Status

__all__ = ["NOT_FOUND", "Health", "Status", "has_failed", "judge", "last_word", "needs_status", "unsettled"]
