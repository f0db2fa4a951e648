"""The steps of a pass over a HelmRelease, one per file, in the order of `helmrelease.HelmReleaseReconciler.steps`.

What they share is in `values`; what they have outside is handed to them.
"""
