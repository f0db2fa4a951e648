"""The only door to the Kubernetes API: config, transport, discovery, informers, errors.

Objects are plain `dict`s as the API serves them. No policy lives here: retries, conditions and events are `sluice.runtime`'s.
"""
