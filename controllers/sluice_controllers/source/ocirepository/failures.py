"""Errors of registries as outcomes of a pass: Flux's reasons and texts, none of which holds a login."""

from __future__ import annotations

from typing import Final

from sluice import aio, oci, runtime, web
from sluice_api.source.v1 import HelmChartVerification
from sluice_controllers.source import conditions, failures
from sluice_controllers.source.verification import signatures

PULL_FAILED: Final = "OCIArtifactPullFailed"
LAYER_FAILED: Final = "OCIArtifactLayerOperationFailed"
READ_FAILED: Final = "ReadOperationFailed"

ERRORS: Final = (oci.OCIError, web.WebError, TimeoutError)
"""What asking a registry can come to."""


def credential(cause: object) -> runtime.Transient:
    """A login cannot be had."""
    return failures.fetching(failures.AUTHENTICATION_FAILED, f"failed to get credential: {cause}")


def proxy(error: Exception) -> runtime.Transient:
    """The proxy's Secret is of no use."""
    return failures.fetching(failures.AUTHENTICATION_FAILED, f"failed to get proxy address: {error}")


def transport(error: Exception, url: str) -> runtime.Transient:
    """Certificates are of no use."""
    return failures.fetching(failures.AUTHENTICATION_FAILED, f"failed to generate transport for '{url}': {error}")


def address(error: Exception, url: str) -> runtime.Stalled:
    """The spec's address names no repository."""
    return failures.refused(failures.URL_INVALID, f"URL validation failed for '{web.shown(url)}': {error}")


def choosing(error: Exception, url: str) -> runtime.Transient:
    """No tag could be chosen."""
    return failures.fetching(READ_FAILED, f"failed to determine the artifact tag for '{url}': {_told(error)}")


def resolving(error: Exception) -> runtime.Transient:
    """It cannot be told what the reference leads to."""
    return failures.fetching(PULL_FAILED, f"failed to determine artifact digest: {_told(error)}")


def pulling(error: Exception, url: str) -> runtime.Transient:
    """The manifest cannot be had."""
    return failures.fetching(PULL_FAILED, f"failed to pull artifact from '{url}': {_told(error)}")


def unverified(error: Exception, wanted: HelmChartVerification) -> runtime.Transient:
    """It is not signed by whom the spec trusts, or it cannot be told who that is."""
    text = f"failed to verify the signature using provider '{signatures.named(wanted)}': {error}"
    return runtime.Transient(signatures.VERIFICATION_ERROR, text, condition=conditions.SOURCE_VERIFIED)


def layer(text: str) -> runtime.Transient:
    """The artifact has no such layer, or one that nobody can use."""
    return failures.fetching(LAYER_FAILED, text)


def downloading(error: Exception) -> runtime.Transient:
    """The layer's bytes cannot be had."""
    return layer(f"failed to extract the first layer from artifact: {_told(error)}")


def extracting(error: Exception) -> runtime.Transient:
    """The layer cannot be unpacked."""
    return layer(f"failed to extract layer contents from artifact: {_told(error)}")


def _told(error: Exception) -> str:
    if isinstance(error, (TimeoutError, aio.WorkerTimeout)):
        return str(web.DeadlineError())
    if isinstance(error, aio.WorkerOutOfMemory):
        return "the layer takes more memory than a worker may use"
    return str(error)
