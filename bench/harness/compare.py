"""Do all servers give the same answers, on every database, and leave the same data behind?"""

import http.client
import json
from html.parser import HTMLParser
from typing import Any

from .servers import Running

FIXED = ["plaintext", "json", "list", "fetch", "fortunes", "fortunes-minijinja", "page", "page-minijinja"]
SEEDED = ["queries", "queries-awaited", "updates"]
SEEDS = [1, 77, 123_456_789, 2_147_483_646]
ANOTHER_SEED = 4242
KEYS = [1, 77, 10_000]

Answers = dict[str, Any]
"""By what was asked."""


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
        raise Different(f"{name(running)} answers {path} with {answer.status}: {body[:300]}")
    kind = (answer.getheader("Content-Type") or "").partition(";")[0]
    match kind:
        case "application/json":
            return kind, json.loads(body)
        case "text/html":
            return kind, Cells(body).found
        case _:
            return kind, body


def name(running: Running) -> str:
    return f"{running.server.name} on {running.database.title}"


def answers(running: Running) -> Answers:
    """Every answer by the name of its workload; those that write come last, and then what they left."""
    found = {path: ask(running, f"/{path}") for path in FIXED if running.can(path)}
    found |= {f"one/{key}": ask(running, f"/one/{key}") for key in KEYS if running.can("one")}
    for workload in SEEDED:
        if running.can(workload):
            # Of what will be measured.
            path = running.server.endpoint(f"/{workload}/", running.database)
            found |= {f"{workload}/{seed}": ask(running, f"{path}{seed}") for seed in SEEDS}
    if running.can("bulk"):
        found["bulk"] = ask(running, "/bulk/1234")
    # The tables after that; that all numbers are right is no proof that they were written.
    read = running.database.read
    if running.can("updates"):
        found["world afterwards"] = read(running.url, "SELECT id, number FROM bench_world ORDER BY id")
    if running.can("bulk"):
        records = "SELECT name, price, stock, active FROM bench_record ORDER BY id"
        found["record afterwards"] = read(running.url, records)
        if running.database.name == "sqlite":
            # SQLite keeps whatever it is given: none may have written booleans as texts.
            kinds = "SELECT DISTINCT typeof(name), typeof(price), typeof(stock), typeof(active) FROM bench_record"
            found["sqlite's types"] = read(running.url, kinds)
    if running.can("updates-awaited"):
        found["updates-awaited"] = kind, changed = ask(running, f"/updates-awaited/{ANOTHER_SEED}")
        kept = dict(read(running.url, "SELECT id, number FROM bench_world"))
        if not all(kept[world["id"]] == world["number"] for world in changed):
            raise Different(f"{name(running)} does not keep what /updates-awaited writes")
    return found


# Variants of a workload answer as the workload does.
SAME = {
    "queries-awaited": "queries",
    "fortunes-minijinja": "fortunes",
    "page-minijinja": "page",
}


def compare(all_running: list[Running], first: Answers) -> int:
    """How many answers were the same as the first that were given to the same question, by whichever server and database.
    `first` is added to."""
    compared = 0
    for running in all_running:
        found = answers(running)
        for what, answer in found.items():
            workload, _, number = what.partition("/")
            other = SAME.get(workload, workload)
            key = f"{other}/{number}" if number else other
            if key not in first:
                first[key] = answer
                continue
            compared += 1
            if first[key] != answer:
                raise Different(f"{what}\n  wanted: {str(first[key])[:1500]}\n  {name(running)}: {str(answer)[:1500]}")
    if "fortunes" in first:
        cells = first["fortunes"][1]
        if not any(cell.startswith("<script>alert") for cell in cells) or "<script>" in cells:
            raise Different(f"the fortunes don't show the script as text: {cells}")
    return compared
