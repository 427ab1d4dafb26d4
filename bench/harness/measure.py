"""Rounds: the generator against one server after the other, and the CPU time of the server and its database around each."""

import json
import subprocess
import sys
from dataclasses import dataclass, field
from statistics import median

from . import cpu
from .servers import Running, program
from .workloads import Workload


@dataclass
class Series:
    """One server at one workload: a figure for each round."""

    micros: list[float] = field(default_factory=list)
    """CPU time a request."""
    database_micros: list[float] = field(default_factory=list)
    """The same of the database's own processes; empty if it has none."""
    busy: list[float] = field(default_factory=list)
    """The share of its core that the server used."""

    @property
    def median(self) -> float:
        return median(self.micros)

    @property
    def database(self) -> float | None:
        return median(self.database_micros) if self.database_micros else None

    @property
    def spread(self) -> float:
        """Half the way from the least to the most."""
        return (max(self.micros) - min(self.micros)) / 2


Results = dict[str, dict[str, Series]]
"""By workload and server."""


def one(running: Running, workload: Workload, seconds: float, core: int, series: Series) -> None:
    """One run, added to the series."""
    if workload.writes:
        running.database.tidy(running.url)
    path = running.server.endpoint(workload.path, running.database)
    command = ["taskset", "-c", str(core), program("bench-load"), str(running.port), path, workload.check]
    database_before = running.database.cpu_seconds()
    before = cpu.seconds(running.process.pid)
    done = subprocess.run([*command, str(workload.connections), str(seconds)], capture_output=True, text=True)
    used = cpu.seconds(running.process.pid) - before
    database_after = running.database.cpu_seconds()
    if done.returncode:
        raise RuntimeError(f"{running.server.name} on {running.database.title}: {done.stderr.strip()}")
    told = json.loads(done.stdout)
    series.micros.append(used / told["requests"] * 1e6)
    series.busy.append(used / told["seconds"])
    if workload.asks_database and database_before is not None and database_after is not None:
        series.database_micros.append((database_after - database_before) / told["requests"] * 1e6)


def rounds(all_running: list[Running], workloads: list[Workload], count: int, seconds: float, core: int) -> Results:
    results: Results = {}
    for workload in workloads:
        here = [running for running in all_running if running.can(workload.name)]
        if not here:
            continue
        series = results[workload.name] = {running.server.name: Series() for running in here}
        for running in here:
            # Warm-up: caches, compilers that wait and see, threads that start late.
            one(running, workload, min(1.0, seconds), core, Series())
        for _ in range(count):
            for running in here:
                one(running, workload, seconds, core, series[running.server.name])
        told = ", ".join(f"{name} {line(of)}" for name, of in series.items())
        print(f"{workload.name}: {told}", file=sys.stderr, flush=True)
    return results


def line(of: Series) -> str:
    database = "" if of.database is None else f" + {of.database:.1f}"
    return f"{of.median:.1f} ±{of.spread:.1f}{database} ({min(of.busy):.0%})"
