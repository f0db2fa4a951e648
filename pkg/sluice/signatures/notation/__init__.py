"""Signatures of the Notary Project ("notation") over manifests in registries: X.509, trust policies, two envelopes.

Bytes in, a verdict out: who fetches envelopes and Secrets is not known here. After the specifications at
https://github.com/notaryproject/specifications/tree/main/specs. Plugins are not run, and nobody is asked whether a
certificate was revoked: one whose revocation could be asked for counts as "unknown".
"""
