"""Signatures of cosign over manifests in registries: its own two formats, by keys or by identities of a Sigstore.

Bytes in, a verdict out: who fetches signatures, trusted roots and Secrets is not known here. `sigstore` is imported in
`keyless` alone, when it is needed.
"""
