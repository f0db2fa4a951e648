"""The keys and values of generated ConfigMaps and Secrets, out of env files, literals and files."""

from collections.abc import Callable
from pathlib import PurePosixPath

from sluice.kustomize.definition.kustomizations import Generator
from sluice.kustomize.errors import BuildError, InvalidResource
from sluice.kustomize.model import gotext

Read = Callable[[str], bytes]
_BOM = b"\xef\xbb\xbf"


def load(generator: Generator, read: Read) -> dict[str, bytes]:
    """Return the pairs in kustomize's order: env files, literals, files. A key given twice is an error."""
    found: dict[str, bytes] = {}
    for key, value in (
        *_within(f"env source files: {gotext.listed(generator.envs)}", _from_envs, generator, read),
        *_within(f"literal sources {gotext.listed(_names(generator.literals))}", _from_literals, generator, read),
        *_within(f"file sources: {gotext.listed(generator.files)}", _from_files, generator, read),
    ):
        if key in found:
            raise InvalidResource(f"configmap {generator.name} illegally repeats the key `{key}`")
        found[key] = value
    return found


Pairs = list[tuple[str, bytes]]


def _within(context: str, source: Callable[[Generator, Read], Pairs], generator: Generator, read: Read) -> Pairs:
    try:
        return source(generator, read)
    except BuildError as error:
        raise error.within(f"loading KV pairs: {context}") from error


def _from_envs(generator: Generator, read: Read) -> Pairs:
    return [pair for path in generator.envs for pair in _lines(read(path), path)]


def _from_literals(generator: Generator, _read: Read) -> Pairs:
    pairs = []
    for literal in generator.literals:
        key, equals, value = literal.partition("=")
        if not equals or not key:
            # The literal may be part of a Secret: only what stands before the sign is shown.
            raise InvalidResource(f"invalid literal source {key}, expected key=value")
        pairs.append((key, _unquoted(value).encode()))
    return pairs


def _from_files(generator: Generator, read: Read) -> Pairs:
    return [(key, read(path)) for key, path in map(_split_source, generator.files)]


def _split_source(source: str) -> tuple[str, str]:
    """Take `key=path` apart; without a key the file's name is the key."""
    count = source.count("=")
    if count == 0:
        return PurePosixPath(source).name, source
    key, _, path = source.partition("=")
    if count > 1:
        raise InvalidResource(f"source \"{source}\" key name or file path contains '='")
    if not key:
        raise InvalidResource(f'missing key name for file path "{path}" in source "{source}"')
    if not path:
        raise InvalidResource(f'missing file path for key name "{key}" in source "{source}"')
    return key, path


def _lines(content: bytes, file: str) -> Pairs:
    """Read `KEY=value` lines; blank ones and comments are skipped, quotes are part of the value."""
    pairs = []
    for number, line in enumerate(content.removeprefix(_BOM).split(b"\n"), start=1):
        try:
            text = line.removesuffix(b"\r").decode().lstrip()
        except UnicodeDecodeError:
            raise InvalidResource(f"line {number} has invalid utf8 bytes", file=file, line=number) from None
        if text and not text.startswith("#"):
            key, _, value = text.partition("=")
            pairs.append((key, value.encode()))
    return pairs


def _unquoted(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return value


def _names(literals: tuple[str, ...]) -> tuple[str, ...]:
    """Return the literals without their values, which may be secret."""
    return tuple(literal.partition("=")[0] for literal in literals)
