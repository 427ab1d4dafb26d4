"""Counts the instructions that a server spends on a request, by callgrind: on one connection, one request after the other, so that
other work on the machine changes nothing.

The kernel's part is not in them: reading, writing and waiting are much the same for all servers.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from . import servers
from .servers import Server
from .sqlite import Sqlite
from .workloads import WORKLOADS

WARM = 300
"""Requests that are not counted: what is made once is made by then."""

TIMES = {"page": 100, "page-minijinja": 100, "list": 100}
OTHERWISE = 1000
PATIENCE = 120


class Connection:
    """As a browser's: kept, and asked again when the answer is there."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, path: str) -> None:
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        got = b""
        while b"\r\n\r\n" not in got:
            got += self.more()
        head, _, body = got.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            sys.exit(f"bench: {path}: {head.decode(errors='replace')}")
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        if not length:
            sys.exit(f"bench: {path}: its answer has no length")
        missing = int(length[1]) - len(body)
        while missing > 0:
            missing -= len(self.more())

    def more(self) -> bytes:
        more = self.socket.recv(1 << 16)
        if not more:
            sys.exit("bench: the server has closed the connection")
        return more


class Counted:
    """A server under callgrind."""

    def __init__(self, server: Server, database: Sqlite, scratch: Path) -> None:
        self.out = scratch / f"{server.name}.callgrind"
        self.log = scratch / f"{server.name}.log"
        url, self.port = database.copy_for(server.name), servers.free_port()
        # On one core, where the runtime has one thread.
        tool = ["taskset", "-c", "0", "valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={self.out}"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*tool, *server.command(self.port, url)],
                cwd=server.folder,
                env=os.environ | server.environment(url),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.connection = self.connect()

    def connect(self) -> Connection:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and self.process.poll() is None:
            try:
                return Connection(self.port)
            except OSError:
                time.sleep(0.2)
        self.stop()
        sys.exit(f"bench: it does not listen; its last words:\n{self.log.read_text(errors='replace')[-1500:]}")

    def control(self, *what: str) -> None:
        # It tells the server to act when it runs next: what runs is woken by a request that is not counted.
        subprocess.run(["callgrind_control", *what, str(self.process.pid)], capture_output=True, check=True)

    def count(self, path: str, times: int) -> tuple[int, Path]:
        """The instructions of a request, and the profile of all that were counted."""
        for _ in range(WARM if times > WARM else times // 2):
            self.connection.ask(path)
        self.control("-i", "on")
        sums = []
        for _ in range(2):
            # Twice: the first has what it takes to look into code that was not looked into yet, and its dump clears the count.
            for _ in range(times):
                self.connection.ask(path)
            self.control("-d")
            dump = max(self.out.parent.glob(f"{self.out.name}.*"), key=lambda found: found.stat().st_mtime_ns)
            found = re.search(r"^(?:totals|summary): (\d+)", dump.read_text(), re.MULTILINE)
            sums.append(int(found[1]) if found else 0)
        self.control("-i", "off")
        return sums[-1] // times, dump

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def table(names: list[str], no_build: bool, profile: Callable[[Path], None] | None, scratch: Path) -> None:
    """Prints what each workload takes by hand, by the same template engine without Quintet, and by Quintet."""
    known = {workload.name: workload for workload in WORKLOADS}
    asked = names or ["plaintext", "json", "one", "fortunes", "page", "list"]
    for name in asked:
        if name not in known or "{seed}" in known[name].path or known[name].writes:
            sys.exit(f"bench: there is no `{name}` to count by requests")
    if not shutil.which("callgrind_control"):
        sys.exit("bench: `valgrind` is needed")
    chosen = {server.name: server for server in servers.SERVERS if server.name in ("raw", "quintet", "quintet+log")}
    if not no_build:
        servers.cargo("bench-raw", "bench-quintet")
    database = Sqlite(scratch, 0)
    counts: dict[tuple[str, str], int] = {}
    for server in chosen.values():
        running = Counted(server, database, scratch)
        try:
            for name in asked:
                for workload in (name, f"{name}-minijinja"):
                    if workload in known and workload in server.workloads:
                        path = known[workload].path.replace("{id}", "77")
                        counts[server.name, workload], dump = running.count(path, TIMES.get(workload, OTHERWISE))
                        if profile and server.name == "quintet":
                            profile(dump)
        finally:
            running.stop()
    print("| Instructions a request | by hand | engine alone | Quintet | Quintet / by hand | with the log |\n|---|---:|---:|---:|---:|---:|")
    for name in asked:
        raw, quintet = counts["raw", name], counts["quintet", name]
        engine, log = counts.get(("raw", f"{name}-minijinja")), counts.get(("quintet+log", name))
        cell = lambda count: "–" if count is None else f"{count:,}"
        print(f"| {name} | {raw:,} | {cell(engine)} | {quintet:,} | {quintet / raw:.2f} | {cell(log)} |", flush=True)
