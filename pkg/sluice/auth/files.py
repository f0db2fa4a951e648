"""Tokens that a platform puts into the pod's files and renews there."""

from __future__ import annotations

import asyncio
import pathlib

from sluice.auth.errors import AuthError


async def read(path: str) -> str:
    """The content, without space around it.

    Raises:
        AuthError: the file cannot be read.
    """
    try:
        return (await asyncio.to_thread(pathlib.Path(path).read_text)).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise AuthError(f"failed to read the token file {path}: {type(error).__name__}") from None
