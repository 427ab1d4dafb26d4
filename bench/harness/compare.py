"""Do all servers give the same answers, and leave the same data behind?"""

import http.client
import json
import sqlite3
from html.parser import HTMLParser
from typing import Any

from .servers import Running

FIXED = ["plaintext", "json", "list", "fetch", "fortunes", "fortunes-minijinja"]
SEEDS = [1, 77, 123_456_789, 2_147_483_646]
KEYS = [1, 77, 10_000]


class Different(Exception):
    pass


class Cells(HTMLParser):
    """A page as its tags and texts, however its letters were escaped and its lines broken."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(f"<{tag}{attrs or ''}>")

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.found.append(data.strip())


def ask(running: Running, path: str) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=60)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    if answer.status != 200:
        raise Different(f"{running.server.name} answers {path} with {answer.status}: {body[:300]}")
    kind = (answer.getheader("Content-Type") or "").partition(";")[0]
    match kind:
        case "application/json":
            return kind, json.loads(body)
        case "text/html":
            return kind, Cells(body).found
        case _:
            return kind, body


def answers(running: Running) -> dict[str, Any]:
    """Every answer by the name of its workload; updates come last, and then what they left."""
    can = running.server.workloads
    found = {path: ask(running, f"/{path}") for path in FIXED if path in can}
    found |= {f"one/{key}": ask(running, f"/one/{key}") for key in KEYS if "one" in can}
    for workload in ("queries", "queries-awaited", "updates"):
        if workload in can:
            found |= {f"{workload}/{seed}": ask(running, f"/{workload}/{seed}") for seed in SEEDS}
    if "bulk" in can:
        found["bulk"] = ask(running, "/bulk/1234")
    with sqlite3.connect(running.database) as db:
        if "updates" in can:
            found["world afterwards"] = db.execute("SELECT id, number FROM bench_world ORDER BY id").fetchall()
        if "bulk" in can:
            columns = "name, price, stock, active, typeof(active)"
            found["record afterwards"] = db.execute(f"SELECT {columns} FROM bench_record ORDER BY id").fetchall()
    db.close()
    return found


# Variants of a workload answer as the workload does.
SAME = {"queries-awaited": "queries", "fortunes-minijinja": "fortunes"}


def compare(all_running: list[Running]) -> int:
    """How many answers were the same in all servers that have them."""
    by_server = [(running.server.name, answers(running)) for running in all_running]
    first_name, first = by_server[0]
    compared = 0
    for name, found in by_server:
        for what, answer in found.items():
            workload, _, number = what.partition("/")
            other = SAME.get(workload, workload)
            wanted = first.get(f"{other}/{number}" if number else other)
            if wanted is None:
                continue
            compared += 1
            if wanted != answer:
                raise Different(f"{what}\n  {first_name}: {str(wanted)[:1500]}\n  {name}: {str(answer)[:1500]}")
    cells = first["fortunes"][1]
    if not any("<script>" in cell and cell.startswith("<script>alert") for cell in cells) or "<script>" in cells:
        raise Different(f"the fortunes don't show the script as text: {cells}")
    return compared
