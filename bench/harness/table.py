"""The results as Markdown: all of them for results.md, and the short of it for the README."""

import os
import platform
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from .databases import Database
from .measure import Results, Series
from .servers import Server
from .workloads import Workload


@dataclass
class Section:
    """What was measured on one database, or without any."""

    title: str
    servers: list[Server]
    workloads: list[Workload]
    results: Results


def figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 99.95 else f"{value:.1f}"


def cell(workload: Workload, series: Series | None, raw: Series | None, is_raw: bool) -> str:
    if series is None:
        return "–"
    scale = 1000 / workload.rows if workload.rows else 1
    text = f"{figure(series.median * scale)} ±{figure(series.spread * scale)}"
    if series.database is not None:
        text += f" + {figure(series.database * scale)}"
    return text if is_raw or raw is None else f"{text} (**{series.median / raw.median:.2f}**)"


def target(workload: Workload) -> str:
    told = [f"≤ {workload.target:.2f}"] if workload.target else []
    told += [f"≤ {workload.target_logged:.2f} logged"] if workload.target_logged else []
    return ", ".join(told) or "–"


def table(section: Section) -> list[str]:
    lines = [
        f"| {section.title} | {' | '.join(server.name for server in section.servers)} | Quintet's target |",
        f"|---|{'---|' * (len(section.servers) + 1)}",
    ]
    for workload in section.workloads:
        series = section.results[workload.name]
        raw = series.get("raw")
        title = f"{workload.title}, **ns a row**" if workload.rows else workload.title
        cells = [cell(workload, series.get(server.name), raw, server.name == "raw") for server in section.servers]
        lines.append(f"| {title} | {' | '.join(cells)} | {target(workload)} |")
    return [*lines, ""]


def output_of(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "none"


def machine() -> str:
    model = [line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line]
    load = " ".join(f"{n:.1f}" for n in os.getloadavg())
    return f"{os.cpu_count()} × {model[0] if model else platform.machine()}, Linux {platform.release()}, load {load} at the end"


def report(
    sections: list[Section], databases: list[Database], missing: dict[str, str], rounds: int, seconds: float
) -> str:
    servers = {server.name: server for section in sections for server in section.servers}
    about = [f"- **{server.name}**: {server.about}" for server in servers.values()]
    about += [f"- **{name}** is left out: {reason.splitlines()[0]}" for name, reason in missing.items()]
    series = [of for section in sections for of in section.results.values()]
    least = min((min(s.busy) for of in series for s in of.values()), default=0)
    versions = [output_of("rustc", "--version"), f"node {output_of('node', '--version')}", f"Python {platform.python_version()}"]
    versions += [database.version for database in databases]
    second = " Behind the + stands PostgreSQL's own CPU time, which is in no ratio." if has_second_figure(sections) else ""
    return "\n".join([
        "**CPU time of the server in µs a request** (ns a row where it says so), all its threads and processes, user and "
        f"kernel. Median ± half the range of the rounds; in brackets the ratio to `raw` in the same run.{second}",
        "",
        *(line for section in sections for line in table(section)),
        *about,
        "",
        "Durability, the same for all. " + " ".join(database.durability for database in databases) + " 20 updates are 20 reads "
        "and 20 writes in one transaction; the bulk insert empties the table and fills it, in one transaction.",
        "",
        f"{rounds} rounds of {seconds:g} s, servers in turn; 64 connections (rows fetched: 8, bulk insert: 1), one request "
        "under way on each; every answer checked; the server on one core, the generator and PostgreSQL on another. Least share "
        f"of its core that a server used: {least:.0%}.",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {machine()}. {', '.join(versions)}.",
    ])


def has_second_figure(sections: list[Section]) -> bool:
    return any(s.database is not None for section in sections for of in section.results.values() for s in of.values())


SHORT = {"quintet": "Quintet", "fastify": "Fastify", "django": "Django, gunicorn"}


def summary(sections: list[Section], rounds: int, seconds: float) -> str:
    """The README's table: how many times the limit's CPU time each takes."""
    lines = [
        f"| | raw, µs | {' | '.join(SHORT.values())} | target |",
        f"|---|---|{'---|' * len(SHORT)}---|",
    ]
    for section in sections:
        for workload in section.workloads:
            series = section.results[workload.name]
            raw = series.get("raw")
            if not workload.main or raw is None:
                continue
            where = f", {section.title}" if workload.asks_database else ""
            unit = " ns a row" if workload.rows else ""
            limit = f"{figure(raw.median * (1000 / workload.rows if workload.rows else 1))}{unit}"
            cells = [ratio(series.get(name), raw, name == "quintet") for name in SHORT]
            goal = f"≤ {workload.target:.2f}" if workload.target else ""
            lines.append(f"| {workload.title}{where} | {limit} | {' | '.join(cells)} | {goal} |")
    return "\n".join([
        *lines,
        "",
        f"Measured {datetime.now(UTC):%Y-%m-%d} on {os.cpu_count()} shared cores, {rounds} rounds of {seconds:g} s.",
    ])


def ratio(series: Series | None, raw: Series, strong: bool) -> str:
    if series is None:
        return "–"
    value = series.median / raw.median
    text = f"{value:.2f}" if value < 10 else f"{value:.0f}"
    return f"**{text}**" if strong else text


BEGIN = "<!-- Written by `bench/run --write`: begin -->"
END = "<!-- Written by `bench/run --write`: end -->"


def put_between_markers(file: Path, text: str) -> None:
    whole = file.read_text()
    before, begin, rest = whole.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise RuntimeError(f"{file.name} lacks the lines {BEGIN} and {END}")
    file.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")
