"""What every controller is made of: manager, work queue, reconcile loop, conditions, status, events, metrics, leases, settings, logs.

A reconciler is a tuple of named steps; exceptions carry policy; one finaliser turns the outcome into status, events and requeue.
"""
