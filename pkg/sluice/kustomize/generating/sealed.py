"""Files that may be encrypted: those of a `secretGenerator`, and patches. The caller decrypts them, in memory."""

from sluice.kustomize.definition.kustomizations import Generator
from sluice.kustomize.generating.keyvalues import Read
from sluice.kustomize.options import SecretFile
from sluice.kustomize.targets import Target


def of_generator(target: Target, generator: Generator) -> Read:
    """Return how a generator of a Secret reads its files. A file that it names twice is what it is first."""
    known = {path or key: SecretFile(target.shown(path or key), key) for key, path in map(_split, generator.files)}
    for path in (*generator.envs, generator.env):
        known.setdefault(path, SecretFile(target.shown(path), path, is_env=True))
    return lambda path: _read(target, path, known[path])


def of_patches(target: Target) -> Read:
    """Return how patches are read that the entries of `patches` name."""
    return lambda path: _read(target, path, SecretFile(target.shown(path), path))


def _split(source: str) -> tuple[str, str]:
    key, _, path = source.partition("=")
    return key, path


def _read(target: Target, path: str, file: SecretFile) -> bytes:
    content = target.read(path)
    decrypt = target.files.options.decrypt
    return content if decrypt is None else decrypt(content, file)
