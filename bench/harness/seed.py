"""The rows that every server starts from, the same on each database."""

from collections.abc import Iterator

WORLDS = 10_000
ITEMS = 10_000

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


def tables() -> Iterator[tuple[str, tuple[str, ...], Iterator[tuple[object, ...]]]]:
    """What every table starts with: its name, columns and rows. The table that bulk inserts fill starts empty."""
    series = numbers()
    yield "bench_world", ("id", "number"), ((i, next(series) % 10_000 + 1) for i in range(1, WORLDS + 1))
    yield "bench_fortune", ("message",), ((text,) for text in FORTUNES)
    columns = ("name", "brand", "price", "rating", "stock", "active", "category")
    yield "bench_item", columns, items()
