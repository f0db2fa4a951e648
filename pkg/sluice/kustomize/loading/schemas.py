"""The field `openapi`: a schema of the repository's own, or the version of a built-in one."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from sluice import yamlio
from sluice.kustomize.errors import BuildError, InvalidKustomization
from sluice.kustomize.loading import jsontexts, reading
from sluice.kustomize.model.openapi import DEFAULT_VERSION, OpenAPI


def choose(openapi: OpenAPI, wanted: Mapping[str, str], read: Callable[[str], bytes]) -> None:
    """Let the build go by the schema that a kustomization wants, unless another one was first.

    The file is read at once and looked into when the schema is needed: InvalidKustomization may come then.
    """
    path, version = wanted.get("path"), wanted.get("version")
    try:
        content = None if path is None else read(path)
    except BuildError as error:
        raise error.located(field="path") from error
    if openapi.given:
        return
    if content is not None and path is not None:
        if version is not None:
            raise InvalidKustomization("builtin version and custom schema provided, cannot use both")
        openapi.give(partial(_document, content, path))
    elif version:
        if version != DEFAULT_VERSION:
            said = f"the specified OpenAPI version is not built in: '{version}', where there is only {DEFAULT_VERSION}"
            reason = f'"{version}" is not built in: there is only {DEFAULT_VERSION}'
            raise InvalidKustomization(reason, field="version").saying(said)
        openapi.give(None)


def _document(content: bytes, file: str) -> Mapping[str, Any]:
    try:
        is_json = content.startswith(b"{")
        documents = [jsontexts.load(content, file=file)] if is_json else yamlio.load_all(content, last_wins=True)
    except BuildError as error:
        raise error.within("invalid schema file") from error
    except yamlio.YAMLError as error:
        raise reading.malformed(content, error, file).saying(f"invalid schema file: {error}") from error
    if not documents or not isinstance(documents[0], dict):
        said = "invalid schema file: it is no mapping"
        raise InvalidKustomization("is no OpenAPI document: it is no mapping", file=file).saying(said)
    document: Mapping[str, Any] = documents[0]
    return document
