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


WORKLOADS = [
    Workload("plaintext", "/plaintext", "plaintext"),
    Workload("json", "/json", "JSON", target=1.15, target_logged=1.5),
    Workload("one", "/one/{id}", "one row by key", check="row", target=1.3),
    Workload("queries", "/queries/{seed}", "20 rows by key, one after the other", check="rows", target=1.25),
    Workload("queries-awaited", "/queries-awaited/{seed}", "the same, awaited one by one", check="rows"),
    Workload("fortunes", "/fortunes", "fortunes: 13 rows in a template", target=1.4),
    Workload("fortunes-minijinja", "/fortunes-minijinja", "the same by the same template engine"),
    Workload("updates", "/updates/{seed}", "20 rows read and updated", check="new-numbers", target=1.2),
    Workload("list", "/list", "100 rows of 8 columns as JSON", target=0.8),
    Workload("fetch", "/fetch", "10,000 rows of 8 columns", target=1.3, connections=8, rows=FETCH_ROWS),
    Workload("bulk", f"/bulk/{BULK_ROWS}", "100,000 rows inserted", target=1.2, connections=1, rows=BULK_ROWS),
]
