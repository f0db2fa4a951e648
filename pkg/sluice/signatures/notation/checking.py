"""Whether a trust policy document says what it must, in notation's words."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from sluice.signatures import documents
from sluice.signatures.errors import SignatureError
from sluice.signatures.notation import names
from sluice.signatures.notation.policies import WILDCARD, Document, Statement

_SUBJECT: Final = "x509.subject"
_STORES: Final = ("ca", "signingAuthority", "tsa")
_STORE_NAME: Final = re.compile(r"[a-zA-Z0-9_.-]+")
_PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_SCOPE: Final = re.compile(rf"[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)*(?::[0-9]+)?/{_PART}(?:/{_PART})*")


def read(data: bytes) -> Document:
    """The document; SignatureError says what is wrong with it."""
    document = documents.read(Document, data, "trustpolicy.json")
    fault = next(_faults(document), None)
    if fault is not None:
        raise SignatureError(fault)
    return document


def subjects(statement: Statement) -> list[names.Name]:
    """The names that a signer's certificate may have; those of other kinds are for plugins. Raises SignatureError."""
    split = (identity.partition(":") for identity in statement.identities)
    return [names.parse(value) for kind, _, value in split if kind == _SUBJECT]


def _faults(document: Document) -> Iterator[str]:
    counted = Counter(statement.name for statement in document.statements)
    for name in (name for name, number in counted.items() if number > 1):
        yield f'multiple trust policy statements use the same name "{name}", statement names must be unique'
    for statement in document.statements:
        for fault in (*_level(statement), *_stores(statement), *_identities(statement)):
            yield f'trust policy: trust policy statement "{statement.name}" {fault}'
    yield from _scopes(document)


def _level(statement: Statement) -> Iterator[str]:
    verification = statement.verification
    invalid = "has invalid signatureVerification:"
    if verification.level == "skip" and verification.override:
        yield f'{invalid} signature verification level "skip" can\'t be used to customize signature verification'
    if "integrity" in verification.override:
        yield f'{invalid} "integrity" verification can not be overridden in custom signature verification'
    for check, action in verification.override.items():
        if action == "skip" and check != "revocation":
            yield f'{invalid} "{check}" verification can not be skipped in custom signature verification'


def _stores(statement: Statement) -> Iterator[str]:
    # What a statement that skips everything trusts is passed over, as Flux does.
    if statement.verification.level == "skip":
        return
    if not statement.stores or not statement.identities:
        yield "is either missing trust stores or trusted identities, both must be specified"
    for store in statement.stores:
        kind, separator, name = store.partition(":")
        if not separator:
            yield f'has malformed trust store value "{store}". The required format is <TrustStoreType>:<TrustStoreName>'
        elif kind not in _STORES:
            yield f'uses an unsupported trust store type "{kind}" in trust store value "{store}"'
        elif not _STORE_NAME.fullmatch(name):
            yield f'uses an unsupported trust store name "{name}" in trust store value "{store}"'


def _identities(statement: Statement) -> Iterator[str]:
    if statement.verification.level == "skip":
        return
    if WILDCARD in statement.identities and len(statement.identities) > 1:
        yield "uses a wildcard trusted identity '*', which cannot be used in conjunction with other values"
    for identity in statement.identities:
        if identity != WILDCARD and ":" not in identity:
            yield f'has trusted identity "{identity}" missing separator'
    try:
        wanted = subjects(statement)
    except SignatureError as error:
        yield f"has a trusted identity with invalid identity value: {error}"
        return
    if any(one.items() <= other.items() for one in wanted for other in wanted if one is not other):
        yield "has overlapping x509 trustedIdentities"


def _scopes(document: Document) -> Iterator[str]:
    for statement in document.statements:
        if WILDCARD in statement.scopes and len(statement.scopes) > 1:
            yield (
                f"trust policy statement \"{statement.name}\" uses wildcard registry scope '*', "
                "a wildcard scope cannot be used in conjunction with other scope values"
            )
    counted = Counter(scope for statement in document.statements for scope in statement.scopes)
    for scope, number in counted.items():
        if scope != WILDCARD and not _SCOPE.fullmatch(scope):
            yield (
                f'registry scope "{scope}" is not valid, make sure it is a fully qualified repository without the '
                "scheme, protocol or tag. For example domain.com/my/repository"
            )
        if number > 1:
            yield (
                f'registry scope "{scope}" is present in multiple trust policy statements, '
                "one registry scope value can only be associated with one statement"
            )
