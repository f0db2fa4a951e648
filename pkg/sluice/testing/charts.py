"""Charts, and artifacts of sources that hold some, out of texts."""

import gzip
import io
import pathlib
import tarfile
from collections.abc import Mapping

from sluice import archive

CHART = "apiVersion: v2\nname: web\nversion: 1.2.3\n"
WEB = {
    "Chart.yaml": CHART,
    "values.yaml": "# a comment\nreplicas: 1\nimage: {tag: a}\n",
    "templates/cm.yaml": "kind: ConfigMap\n",
    "README.md": "read\n",
}


def below(directory: str, files: Mapping[str, str | bytes]) -> dict[str, str | bytes]:
    """The files under a directory."""
    return {f"{directory}/{name}": text for name, text in files.items()}


def source(path: pathlib.Path, files: Mapping[str, str | bytes]) -> pathlib.Path:
    """The artifact of a source with these files."""
    made = {name: data.encode() if isinstance(data, str) else data for name, data in files.items()}
    with path.open("wb") as out:
        archive.write(
            [
                archive.Entry(path=tuple(name.split("/")), size=len(data), open=lambda data=data: io.BytesIO(data))  # type: ignore[misc]
                for name, data in sorted(made.items())
            ],
            out,
        )
    return path


def packed(files: Mapping[str, str | bytes], top: str = "web/") -> bytes:
    """A packed chart."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as made:
        for name, text in files.items():
            data = text.encode() if isinstance(text, str) else text
            member = tarfile.TarInfo(f"{top}{name}")
            member.size = len(data)
            made.addfile(member, io.BytesIO(data))
    return out.getvalue()


def with_members(*members: tarfile.TarInfo, **contents: bytes) -> bytes:
    """An archive of just these entries, with the contents of those that have some by their names."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        for member in members:
            data = contents.get(member.name, b"")
            member.size = len(data)
            made.addfile(member, io.BytesIO(data))
    return gzip.compress(out.getvalue())


def unpacked(data: bytes | None) -> dict[str, str]:
    """The files of a package by their names, in its order."""
    assert data is not None
    with tarfile.open(fileobj=io.BytesIO(data)) as made:
        found = {}
        for member in made:
            content = made.extractfile(member)
            assert content is not None
            found[member.name] = content.read().decode()
        return found
