"""Rounds: the generator against one server after the other, and the server's CPU time around each."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from .servers import Running, program
from .workloads import Workload

TICK = os.sysconf("SC_CLK_TCK")


@dataclass
class Series:
    """One server at one workload: a figure for each round."""

    micros: list[float] = field(default_factory=list)
    """CPU time a request."""
    busy: list[float] = field(default_factory=list)
    """The share of its core that the server used."""

    @property
    def median(self) -> float:
        return median(self.micros)

    @property
    def spread(self) -> float:
        """Half the way from the least to the most."""
        return (max(self.micros) - min(self.micros)) / 2


Results = dict[str, dict[str, Series]]
"""By workload and server."""


def stat(process: Path) -> tuple[int, int]:
    """Its parent, and the CPU ticks of all its threads, in user mode and in the kernel."""
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    return int(fields[1]), int(fields[11]) + int(fields[12])


def cpu_seconds(root: int) -> float:
    """Of a process and all below it."""
    parents: dict[int, int] = {}
    ticks: dict[int, int] = {}
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                pid = int(process.name)
                parents[pid], ticks[pid] = stat(process)
            except (FileNotFoundError, ProcessLookupError):
                continue

    def below(pid: int) -> bool:
        while pid in parents:
            if pid == root:
                return True
            pid = parents[pid]
        return False

    return sum(n for pid, n in ticks.items() if below(pid)) / TICK


def one(running: Running, workload: Workload, seconds: float, core: int) -> tuple[float, float]:
    """CPU µs a request, and the share of the core that the server used."""
    command = ["taskset", "-c", str(core), program("bench-load"), str(running.port), workload.path, workload.check]
    before = cpu_seconds(running.process.pid)
    done = subprocess.run([*command, str(workload.connections), str(seconds)], capture_output=True, text=True)
    used = cpu_seconds(running.process.pid) - before
    if done.returncode:
        raise RuntimeError(f"{running.server.name}: {done.stderr.strip()}")
    told = json.loads(done.stdout)
    return used / told["requests"] * 1e6, used / told["seconds"]


def rounds(all_running: list[Running], workloads: list[Workload], count: int, seconds: float, core: int) -> Results:
    results: Results = {}
    for workload in workloads:
        here = [running for running in all_running if workload.name in running.server.workloads]
        series = results[workload.name] = {running.server.name: Series() for running in here}
        for running in here:
            # Warm-up: caches, compilers that wait and see, threads that start late.
            one(running, workload, min(1.0, seconds), core)
        for _ in range(count):
            for running in here:
                micros, busy = one(running, workload, seconds, core)
                series[running.server.name].micros.append(micros)
                series[running.server.name].busy.append(busy)
        told = ", ".join(f"{name} {s.median:.1f} ±{s.spread:.1f} ({min(s.busy):.0%})" for name, s in series.items())
        print(f"{workload.name}: {told}", file=sys.stderr, flush=True)
    return results
