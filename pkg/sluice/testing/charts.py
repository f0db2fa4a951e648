"""Charts, and artifacts of sources that hold some, out of texts."""

import gzip
import io
import pathlib
import tarfile
from collections.abc import Mapping

from sluice import archive, yamlio

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


def chart(name: str, version: str, files: Mapping[str, str] | None = None) -> bytes:
    """A packed chart of this name and version, with values."""
    head = f"apiVersion: v2\nname: {name}\nversion: {version}\n"
    return packed({"Chart.yaml": head, "values.yaml": f"version: {version}\n", **(files or {})}, f"{name}/")


def publish(directory: pathlib.Path, packages: Mapping[str, bytes]) -> None:
    """Have a directory be a repository of these packages, which are called as their files: `name-version`."""
    directory.mkdir(parents=True, exist_ok=True)
    entries: dict[str, list[object]] = {}
    for file, data in packages.items():
        name, version = file.split("-", 1)
        (directory / f"{file}.tgz").write_bytes(data)
        entry = {"apiVersion": "v2", "name": name, "version": version, "urls": [f"{file}.tgz"]}
        entries.setdefault(name, []).append(entry)
    index = {"apiVersion": "v1", "generated": "2024-01-02T03:04:05Z", "entries": entries}
    (directory / "index.yaml").write_text(yamlio.dump(index))


def plain(*files: str) -> dict[str, bytes]:
    """Packages of charts with nothing in them, by `name-version`."""
    return {file: chart(name, version) for file in files for name, version in [file.split("-", 1)]}
