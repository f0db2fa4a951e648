"""Detached signatures as Git keeps them: OpenPGP's and SSH's, held against the public keys of whom one trusts.

- `verifying` is the front: which kind a signature is, which keys count for it, and what is told;
- `openpgp` is done by Sequoia, `sshsig` by the cryptography package; `errors` is what they raise.

Pure functions over bytes: they know neither Git's objects nor Secrets' whereabouts, and take the time from the caller.
"""
