"""Real time: the servers with WebSockets, and what they take. `bench/realtime` runs it."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import cpu
from .missing import Missing
from .servers import BENCH, CACHE, cargo, free_port, installed, must, program

SOURCE = BENCH / "sockets"


@dataclass(frozen=True)
class Server:
    name: str
    about: str
    dialect: str
    """What the generator speaks to it."""
    prepare: Callable[[], None]
    command: Callable[[int], list[str]]
    folder: Path = BENCH


def prepare_node() -> None:
    source = SOURCE / "node"

    def install(folder: Path) -> None:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(source / name, folder)
        must(["npm", "ci", "--no-audit", "--no-fund"], folder)

    folder = installed("sockets-node", [source / "package-lock.json"], install)
    for module in source.glob("*.mjs"):
        shutil.copy(module, folder)


def prepare_channels() -> None:
    source = SOURCE / "channels" / "requirements.txt"

    def install(folder: Path) -> None:
        must([sys.executable, "-m", "venv", str(folder / "venv")], folder)
        must([str(folder / "venv/bin/pip"), "install", "-q", "-r", str(source)], folder)

    installed("sockets-channels", [source], install)


def node(script: str) -> Callable[[int], list[str]]:
    return lambda port: ["node", str(CACHE / "sockets-node" / script), str(port)]


def channels(port: int) -> list[str]:
    options = ["--host", "127.0.0.1", "--port", str(port), "--log-level", "warning", "--backlog", "1024"]
    return [str(CACHE / "sockets-channels/venv/bin/uvicorn"), *options, "rooms:application"]


SERVERS = [
    Server(
        "raw",
        "axum's `ws` with a read buffer of 4 KiB, a broadcast channel of tokio's for each room, no presence",
        "plain",
        lambda: cargo("bench-sockets"),
        lambda port: [program("bench-sockets-raw"), str(port)],
    ),
    Server(
        "quintet",
        "a channel, everybody present; what is said is kept for those who come back",
        "quintet",
        lambda: cargo("bench-quintet"),
        lambda port: [program("bench-quintet"), "serve", f"--bind=127.0.0.1:{port}"],
        folder=BENCH / "quintet",
    ),
    Server(
        "ws",
        "Node with `ws`, a set for each room, no presence",
        "plain",
        prepare_node,
        node("ws.mjs"),
    ),
    Server(
        "socket.io",
        "Socket.IO by WebSocket alone, its rooms, no presence",
        "socket.io",
        prepare_node,
        node("socketio.mjs"),
    ),
    Server(
        "channels",
        "Django Channels on uvicorn (uvloop, httptools), its layer in memory, no presence",
        "plain",
        prepare_channels,
        channels,
        folder=SOURCE / "channels",
    ),
]


@dataclass
class Running:
    server: Server
    port: int
    process: subprocess.Popen[bytes]
    load: subprocess.Popen[str]
    words: Path
    """What the generator says when something is wrong."""

    def tell(self, command: str) -> dict[str, float]:
        """Has the generator do something; it checks what comes of it."""
        assert self.load.stdin and self.load.stdout
        self.load.stdin.write(command + "\n")
        self.load.stdin.flush()
        answer = self.load.stdout.readline()
        if not answer:
            self.load.wait()
            raise RuntimeError(f"{self.server.name}: {self.words.read_text().strip() or 'the generator has ended'}")
        return json.loads(answer)

    def pss(self) -> float:
        """The memory of the server in KB: what it has for itself, and its share of what others have as well."""
        for line in Path(f"/proc/{self.process.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return float(line.split()[1])
        raise RuntimeError("the kernel tells no PSS")

    def cpu(self) -> float:
        return cpu.seconds(self.process.pid)

    def stop(self) -> None:
        # The server first: then it is its end of the connections that lingers, and the generator's ports are free.
        for process in (self.process, self.load):
            process.kill()
            process.wait()


def start(server: Server, work: Path, server_core: int, load_core: int) -> Running:
    port = free_port()
    log = work / f"{server.name}.log"
    environment = {"DATABASE_URL": f"sqlite://{work / 'site.db'}", "QUINTET_SERVER_ACCESS_LOG": "false"}
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["taskset", "-c", str(server_core), *server.command(port)],
            cwd=server.folder,
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    words = work / f"{server.name}.load.log"
    with words.open("w") as errors:
        load = subprocess.Popen(
            ["taskset", "-c", str(load_core), program("bench-sockets"), str(port), server.dialect],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    running = Running(server, port, process, load, words)
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        if listens(port):
            return running
        time.sleep(0.1)
    running.stop()
    raise Missing(f"it does not listen; its last words:\n{log.read_text(errors='replace')[-1500:]}")


def listens(port: int) -> bool:
    # Without connecting: a server may count those who come.
    wanted = f"0100007F:{port:04X}"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return any(row[1] == wanted and row[3] == "0A" for row in rows)


def settled(running: Running) -> float:
    """Its memory once nothing is left to be done of what was asked of it. Who pings all the time is never idle: that is no reason to wait longer."""
    before = running.cpu()
    for _ in range(15):
        time.sleep(1)
        now = running.cpu()
        if now - before < 0.03:
            break
        before = now
    return running.pss()


@dataclass
class Idle:
    """Memory with few and with many connections."""

    few: float
    many: float
    slope: float
    """KB a connection."""


def idle(running: Running, few: int, many: int, room: int) -> Idle:
    running.tell(f"open {few} {room}")
    at_few = settled(running)
    running.tell(f"open {many - few} {room}")
    at_many = settled(running)
    return Idle(at_few, at_many, (at_many - at_few) / (many - few))


def say(running: Running, seconds: float, cost: float) -> tuple[float, float]:
    """CPU time in µs for each message that a client hears, over about so many seconds of it; and what to expect next time."""
    messages = max(5, round(seconds / cost))
    before = running.cpu()
    told = running.tell(f"say {messages}")
    used = running.cpu() - before
    return used / told["heard"] * 1e6, used / messages
