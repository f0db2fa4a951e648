"""Signatures of what comes from registries: trust is read from Secrets, signatures are fetched, workers judge them.

Of `spec.verify` of OCIRepositories and HelmCharts. What a signature is worth is known in `sluice.signatures`; what its
absence means for an object, in the steps of each kind.
"""
