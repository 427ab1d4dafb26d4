"""CPU time of a process and all below it."""

import os
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


def stat(process: Path) -> tuple[int, int]:
    """Its parent, and the CPU ticks of all its threads and of the children that have ended, in user mode and in the kernel."""
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    return int(fields[1]), sum(int(ticks) for ticks in fields[11:15])


def seconds(root: int) -> float:
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
