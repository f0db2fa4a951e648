"""From a layer to an artifact's file. Runs in worker processes: everything here blocks and must pickle."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sluice import archive, artifact
from sluice_controllers.source import packing


@dataclass(frozen=True, kw_only=True)
class Order:
    """One artifact to make."""

    layer: Path
    """The tar.gz."""
    scratch: Path
    """A directory to unpack it to; absent before, and whoever gave the order removes it."""
    file: Path
    """Where to write the artifact; absent before."""
    ignore: str | None
    """`spec.ignore`: the strongest rules."""
    algorithm: str
    limits: archive.Limits


class PackError(Exception):
    """The artifact could not be written."""


def extract(order: Order) -> str:
    """Unpack the layer, and pack what belongs to the artifact; its digest.

    Raises ArchiveError for a layer that cannot be unpacked or must not be, and PackError.
    """
    try:
        archive.unpack(order.layer, order.scratch, order.limits)
    except OSError as error:
        raise PackError(artifact.cause(error)) from None
    try:
        ignore = packing.ignore(packing.ignore_rules(order.scratch), order.ignore)
        return packing.pack(archive.walk(order.scratch, ignore), order.file, order.algorithm)
    except (OSError, archive.ArchiveError) as error:
        raise PackError(artifact.cause(error)) from None
