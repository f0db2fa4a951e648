"""The keepers of master keys, one module each: the only doors to the libraries and services that open data keys.

Each is a `KeyService` of `sluice.sops.rings`. Those of Azure, Google and Vault need extras of the distribution; without
them a document that only such a key opens cannot be decrypted, and the message says what is missing.
"""
