"""The results as Markdown."""

import os
import platform
import sqlite3
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from .measure import Results, Series
from .servers import Server
from .workloads import Workload


def figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 99.95 else f"{value:.1f}"


def cell(workload: Workload, series: Series | None, raw: Series | None, is_raw: bool) -> str:
    if series is None:
        return "–"
    scale = 1000 / workload.rows if workload.rows else 1
    text = f"{figure(series.median * scale)} ±{figure(series.spread * scale)}"
    return text if is_raw or raw is None else f"{text} (**{series.median / raw.median:.2f}**)"


def target(workload: Workload) -> str:
    told = [f"≤ {workload.target:.2f}"] if workload.target else []
    told += [f"≤ {workload.target_logged:.2f} logged"] if workload.target_logged else []
    return ", ".join(told) or "–"


def table(workloads: list[Workload], servers: list[Server], results: Results) -> list[str]:
    lines = [
        f"| Workload | {' | '.join(server.name for server in servers)} | Quintet's target |",
        f"|---|{'---|' * (len(servers) + 1)}",
    ]
    for workload in workloads:
        series = results[workload.name]
        raw = series.get("raw")
        title = f"{workload.title}, **ns a row**" if workload.rows else workload.title
        cells = [cell(workload, series.get(server.name), raw, server.name == "raw") for server in servers]
        lines.append(f"| {title} | {' | '.join(cells)} | {target(workload)} |")
    return lines


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
    workloads: list[Workload], servers: list[Server], missing: dict[str, str], results: Results, rounds: int, seconds: float
) -> str:
    about = [f"- **{server.name}**: {server.about}" for server in servers]
    about += [f"- **{name}** is left out: {reason.splitlines()[0]}" for name, reason in missing.items()]
    least = min((min(s.busy) for of in results.values() for s in of.values()), default=0)
    return "\n".join([
        "**CPU time of the server in µs a request** (ns a row where it says so), all its threads and processes, user and "
        "kernel. Median ± half the range of the rounds; in brackets the ratio to `raw` in the same run.",
        "",
        *table(workloads, servers, results),
        "",
        *about,
        "",
        "Durability, the same for all: SQLite, `journal_mode = WAL`, `synchronous = NORMAL` (a power cut can lose the last "
        "commits, never the file), `foreign_keys = ON`, 16 MB cache, 128 MiB mmap. 20 updates are 20 reads and 20 writes in "
        "one immediate transaction; the bulk insert empties the table and fills it, in one transaction.",
        "",
        f"{rounds} rounds of {seconds:g} s, servers in turn; 64 connections (rows fetched: 8, bulk insert: 1), one request "
        "under way on each; every answer checked; the server on one core, the generator on another. Least share of its core "
        f"that a server used: {least:.0%}.",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {machine()}. {output_of('rustc', '--version')}, node {output_of('node', '--version')}, "
        f"Python {platform.python_version()} with SQLite {sqlite3.sqlite_version}.",
    ])
