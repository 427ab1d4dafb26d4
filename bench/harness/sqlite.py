"""SQLite: a file for each server, a copy of the first."""

import shutil
import sqlite3
from pathlib import Path
from typing import Any

from . import seed

SCHEMA = """
CREATE TABLE bench_world (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, number INTEGER NOT NULL);
CREATE TABLE bench_fortune (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, message TEXT NOT NULL);
CREATE TABLE bench_item (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    brand TEXT NOT NULL,
    price REAL NOT NULL,
    rating REAL,
    stock INTEGER NOT NULL,
    active INTEGER NOT NULL,
    category INTEGER NOT NULL
);
CREATE TABLE bench_record (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    price REAL NOT NULL,
    stock INTEGER NOT NULL,
    active INTEGER NOT NULL
);
"""


class Sqlite:
    name = "sqlite"
    title = "SQLite"
    version = f"SQLite {sqlite3.sqlite_version} in Python"
    durability = (
        "SQLite: `journal_mode = WAL`, `synchronous = NORMAL` (a power cut can lose the last commits, never the file), "
        "`foreign_keys = ON`, 16 MB cache, 128 MiB mmap."
    )

    def __init__(self, work: Path, core: int) -> None:
        self.work = work
        self.template = work / "seed.db"
        with sqlite3.connect(self.template) as db:
            db.executescript(SCHEMA)
            for table, columns, rows in seed.tables():
                marks = ", ".join("?" for _ in columns)
                db.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)
        db.close()

    def copy_for(self, server: str) -> str:
        """A database of the server's own, as a URL."""
        file = self.work / f"{server}.db"
        for old in self.work.glob(f"{file.name}*"):
            old.unlink()
        shutil.copy(self.template, file)
        return f"sqlite://{file}"

    def read(self, url: str, sql: str) -> list[list[Any]]:
        with sqlite3.connect(url.removeprefix("sqlite://")) as db:
            rows = db.execute(sql).fetchall()
        db.close()
        return [list(row) for row in rows]

    def cpu_seconds(self) -> float | None:
        """Its work is done by the server's own process."""
        return None

    def tidy(self, url: str) -> None:
        """Nothing is left behind that the next run would notice."""

    def stop(self) -> None:
        """The file goes with the folder that it is in."""
