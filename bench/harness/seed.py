"""The database that every server starts from: the same bytes, on SQLite."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

WORLDS = 10_000
ITEMS = 10_000

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

# Among them a script that must come out as text, letters of three bytes, and quotes.
FORTUNES = [
    "A good plan violently executed now beats a perfect one next week.",
    "A list is only as strong as its weakest link.",
    "Any program that runs right is obsolete.",
    "Computers make very fast, very accurate mistakes.",
    "Feature: a bug with seniority.",
    "fortune: No such file or directory",
    "He who asks is a fool for five minutes; he who doesn't ask stays one for ever.",
    "The \"last\" bug & the first release never meet.",
    "There are two hard things: names, caches, and counting.",
    "When in doubt, print it out.",
    "<script>alert(\"This should not be displayed in a browser alert box.\");</script>",
    "フレームワークのベンチマーク",
]


def numbers() -> Iterator[int]:
    x = 20_261_120
    while True:
        x = x * 48_271 % 2_147_483_647
        yield x


def items() -> Iterator[tuple[str, str, float, float | None, int, int, int]]:
    series = numbers()
    brands = ["Amber & Sons", "Birch", "Cobalt Works", "Dune", "Ember", "Fjord", "Gale", "Hazel"]
    for i in range(1, ITEMS + 1):
        x = next(series)
        rating = None if x % 7 == 0 else 1 + x % 16 / 4 + 0.125
        # Never a whole number: JSON writers differ in how they show those.
        yield (
            f"Article number {i} of series {x % 97}",
            brands[x % len(brands)],
            x % 50_000 / 100 // 1 + 0.25,
            rating,
            x % 1000,
            x % 3 % 2,
            x % 40,
        )


def make(path: Path) -> None:
    path.unlink(missing_ok=True)
    series = numbers()
    with sqlite3.connect(path) as db:
        db.executescript(SCHEMA)
        worlds = ((i, next(series) % 10_000 + 1) for i in range(1, WORLDS + 1))
        db.executemany("INSERT INTO bench_world VALUES (?, ?)", worlds)
        db.executemany("INSERT INTO bench_fortune (message) VALUES (?)", ((text,) for text in FORTUNES))
        db.executemany(
            "INSERT INTO bench_item (name, brand, price, rating, stock, active, category) VALUES (?, ?, ?, ?, ?, ?, ?)",
            items(),
        )
    db.close()
