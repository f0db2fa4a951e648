"""Where state outlives the process: an SQLite file that is consistent after `kill -9`."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import orjson

from sluice.apiserver.storage import entries

_SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    resource TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
    revision INTEGER NOT NULL, value BLOB NOT NULL,
    PRIMARY KEY (resource, namespace, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counter (id INTEGER PRIMARY KEY CHECK (id = 0), revision INTEGER NOT NULL);
INSERT OR IGNORE INTO counter VALUES (0, 1);
"""


class Journal(Protocol):
    """What the store writes every change to before anybody sees it."""

    def load(self) -> tuple[int, Iterator[entries.Entry]]:
        """The revision counter and every entry of the last run."""

    def write(self, event: entries.Event) -> None:
        """Make one change durable, and the counter with it; raises and changes nothing when it cannot."""

    def close(self) -> None:
        """Let go of the file."""


class MemoryJournal:
    """Nothing outlives the process."""

    def load(self) -> tuple[int, Iterator[entries.Entry]]:
        """A fresh start."""
        return 1, iter(())

    def write(self, event: entries.Event) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Nothing to let go of."""


class SQLiteJournal:
    """One file in WAL mode, one transaction for each change.

    `synchronous=NORMAL`: a commit survives the death of the process at any moment; only a machine that
    loses power may lose the last few. This is for demo and tests: an fsync for each write would buy nothing.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Secrets are in it. SQLite gives the files beside it the mode it finds on this one.
        path.touch(mode=0o600)
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(_SCHEMA)

    def load(self) -> tuple[int, Iterator[entries.Entry]]:
        """The revision counter and every entry of the last run."""
        (revision,) = self._db.execute("SELECT revision FROM counter").fetchone()
        rows = self._db.execute("SELECT resource, namespace, name, revision, value FROM objects")
        return revision, (
            entries.Entry(entries.Key(resource, namespace, name), orjson.loads(value), revised)
            for resource, namespace, name, revised, value in rows
        )

    def write(self, event: entries.Event) -> None:
        """Store or remove the object and move the counter, in one transaction."""
        key = event.entry.key
        self._db.execute("BEGIN IMMEDIATE")
        try:
            if event.type == "DELETED":
                self._db.execute(
                    "DELETE FROM objects WHERE resource = ? AND namespace = ? AND name = ?",
                    (key.resource, key.namespace, key.name),
                )
            else:
                self._db.execute(
                    "INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?)",
                    (key.resource, key.namespace, key.name, event.revision, orjson.dumps(event.entry.object)),
                )
            self._db.execute("UPDATE counter SET revision = ?", (event.revision,))
        except sqlite3.Error:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()
