"""The keys and values of generated ConfigMaps and Secrets, out of env files, literals and files."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath

from sluice import gotext
from sluice.kustomize.definition.kustomizations import Generator
from sluice.kustomize.errors import BuildError, InvalidResource

Read = Callable[[str], bytes]
_BOM = b"\xef\xbb\xbf"


def load(generator: Generator, read: Read, *, secret: bool = False) -> dict[str, bytes]:
    """Return the pairs in kustomize's order: env files, literals, files. A key given twice is an error.

    Of what is `secret`, errors show keys at most.
    """
    literals = tuple(_shown(literal, secret) for literal in generator.literals)
    found: dict[str, bytes] = {}
    for context, source in (
        (f"env source files: {gotext.listed((*generator.envs, *filter(None, [generator.env])))}", _from_envs),
        (f"literal sources {gotext.listed(literals)}", _from_literals),
        (f"file sources: {gotext.listed(generator.files)}", _from_files),
    ):
        for field, key, value in _within(context, source(generator, read, secret)):
            if key in found:
                said = f"configmap {generator.name} illegally repeats the key `{key}`"
                raise InvalidResource(f'gives the key "{key}" a second time', field=field).saying(said)
            found[key] = value
    return found


Pairs = Iterator[tuple[str, str, bytes]]
"""Where each pair comes from (as `files[0]`), its key and its value."""


def _within(context: str, pairs: Pairs) -> list[tuple[str, str, bytes]]:
    try:
        return list(pairs)
    except BuildError as error:
        raise error.within(f"loading KV pairs: {context}") from error


def _from_envs(generator: Generator, read: Read, _secret: bool) -> Pairs:
    sources = [(f"envs[{at}]", path) for at, path in enumerate(generator.envs)]
    for field, path in (*sources, ("env", generator.env)) if generator.env else sources:
        with _located(field):
            lines = _lines(read(path), path)
        yield from ((field, key, value) for key, value in lines)


def _from_literals(generator: Generator, _read: Read, secret: bool) -> Pairs:
    for at, literal in enumerate(generator.literals):
        field = f"literals[{at}]"
        key, equals, value = literal.partition("=")
        if not equals or not key:
            said = f"invalid literal source {_shown(literal, secret)}, expected key=value"
            raise InvalidResource("is not of the form key=value", field=field).saying(said)
        yield field, key, _unquoted(value).encode("utf-8", "surrogatepass")


def _from_files(generator: Generator, read: Read, _secret: bool) -> Pairs:
    for at, source in enumerate(generator.files):
        field = f"files[{at}]"
        with _located(field):
            key, path = _split_source(source)
            content = read(path)
        yield field, key, content


@contextmanager
def _located(field: str) -> Iterator[None]:
    try:
        yield
    except BuildError as error:
        raise error.located(field=field) from error


def _split_source(source: str) -> tuple[str, str]:
    """Take `key=path` apart; without a key the file's name is the key."""
    count = source.count("=")
    if count == 0:
        return PurePosixPath(source).name, source
    key, _, path = source.partition("=")
    if count > 1:
        said = f"source \"{source}\" key name or file path contains '='"
        raise InvalidResource(f'"{source}" has more than one "="').saying(said)
    if not key:
        said = f'missing key name for file path "{path}" in source "{source}"'
        raise InvalidResource(f'"{source}" has no key before the "="').saying(said)
    if not path:
        said = f'missing file path for key name "{key}" in source "{source}"'
        raise InvalidResource(f'"{source}" has no path after the "="').saying(said)
    return key, path


def _lines(content: bytes, file: str) -> list[tuple[str, bytes]]:
    """Read `KEY=value` lines; blank ones and comments are skipped, quotes are part of the value."""
    pairs = []
    for number, line in enumerate(content.removeprefix(_BOM).split(b"\n"), start=1):
        try:
            text = line.removesuffix(b"\r").decode().lstrip()
        except UnicodeDecodeError:
            error = InvalidResource("is not UTF-8", file=file, line=number)
            raise error.saying(f"line {number} has invalid utf8 bytes") from None
        if text and not text.startswith("#"):
            key, _, value = text.partition("=")
            pairs.append((key, value.encode()))
    return pairs


def _unquoted(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return value


def _shown(literal: str, secret: bool) -> str:
    """Return the literal without its value, which may be secret: without a sign it may be nothing but a value."""
    key, equals, _ = literal.partition("=")
    return key if equals or not secret else "[not shown]"
