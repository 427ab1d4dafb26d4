"""The databases: what starts them, what a copy for each server is, how their tables are read."""

from pathlib import Path
from typing import Any, Protocol

from .postgres import Postgres
from .sqlite import Sqlite


class Database(Protocol):
    name: str
    title: str
    version: str
    durability: str

    def __init__(self, work: Path, core: int) -> None: ...
    def copy_for(self, server: str) -> str: ...
    def read(self, url: str, sql: str) -> list[list[Any]]: ...
    def cpu_seconds(self) -> float | None: ...
    def tidy(self, url: str) -> None: ...
    def stop(self) -> None: ...


DATABASES: list[type[Database]] = [Sqlite, Postgres]
