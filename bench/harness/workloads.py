"""What is asked, how often at the same time, and how an answer is checked."""

from dataclasses import dataclass

BULK_ROWS = 100_000
FETCH_ROWS = 10_000


@dataclass(frozen=True)
class Workload:
    name: str
    path: str
    """With `{id}` or `{seed}` where the generator puts numbers in."""
    title: str
    check: str = "same"
    """See load/src/check.rs."""
    target: float | None = None
    """Quintet's CPU time over that of `raw`."""
    target_logged: float | None = None
    """The same with the access log."""
    connections: int = 64
    rows: int | None = None
    """If the figure is one of rows: how many a request has."""
    asks_database: bool = True
    """Those that don't are measured once."""
    writes: bool = False
    main: bool = True
    """Is it in the README's table?"""


WORKLOADS = [
    Workload("plaintext", "/plaintext", "plaintext", asks_database=False),
    Workload("json", "/json", "JSON", target=1.15, target_logged=1.5, asks_database=False),
    Workload("one", "/one/{id}", "one row by key", check="row", target=1.3),
    Workload("queries", "/queries/{seed}", "20 rows by key, a query each", check="rows", target=1.25),
    Workload("queries-awaited", "/queries-awaited/{seed}", "the same, one after the other", check="rows", main=False),
    Workload("fortunes", "/fortunes", "fortunes: 13 rows in a template", target=1.4),
    Workload("fortunes-minijinja", "/fortunes-minijinja", "the same by the same template engine", main=False),
    Workload("page", "/page", "page of 100 rows of 8 columns in a template", target=1.4),
    Workload("page-minijinja", "/page-minijinja", "the same by the same template engine", main=False),
    Workload("updates", "/updates/{seed}", "20 rows read and updated", check="new-numbers", target=1.2, writes=True),
    Workload(
        "updates-awaited",
        "/updates-awaited/{seed}",
        "the same, one after the other",
        check="new-numbers",
        writes=True,
        main=False,
    ),
    Workload("list", "/list", "100 rows of 8 columns as JSON", target=0.8),
    Workload("fetch", "/fetch", "10,000 rows of 8 columns", target=1.3, connections=8, rows=FETCH_ROWS),
    Workload(
        "bulk", f"/bulk/{BULK_ROWS}", "100,000 rows inserted", target=1.2, connections=1, rows=BULK_ROWS, writes=True
    ),
]
