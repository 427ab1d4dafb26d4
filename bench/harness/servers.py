"""The servers: how each is built or installed, started and asked whether it is there."""

import hashlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from .databases import Database
from .missing import Missing

BENCH = Path(__file__).resolve().parent.parent
CACHE = Path(os.environ.get("QUINTET_BENCH_CACHE") or Path.home() / ".cache/quintet-bench")
TARGET = Path(os.environ.get("CARGO_TARGET_DIR") or CACHE / "target")

EVERYTHING = frozenset(
    ["plaintext", "json", "one", "queries", "fortunes", "page", "updates", "list", "fetch", "bulk"],
)


@dataclass(frozen=True)
class Server:
    name: str
    about: str
    prepare: Callable[[], None]
    command: Callable[[int, str], list[str]]
    """From a port and a database's URL."""
    environment: Callable[[str], dict[str, str]] = field(default=lambda url: {})
    workloads: frozenset[str] = EVERYTHING
    """On every database."""
    only_on: dict[str, frozenset[str]] = field(default_factory=dict)
    """Further ones, by the name of their database."""
    instead: dict[str, dict[str, str]] = field(default_factory=dict)
    """Endpoints that serve a workload better on a database than those of its name: by the database's name and the workload's."""
    folder: Path = BENCH

    def endpoint(self, path: str, database: Database) -> str:
        workload = path.strip("/").partition("/")[0]
        other = self.instead.get(database.name, {}).get(workload)
        return path.replace(workload, other, 1) if other else path

    def can(self, workload: str, database: Database) -> bool:
        return workload in self.workloads | self.only_on.get(database.name, frozenset())


@dataclass
class Running:
    server: Server
    port: int
    database: Database
    url: str
    process: subprocess.Popen[bytes]

    def can(self, workload: str) -> bool:
        return self.server.can(workload, self.database)

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def cargo(*packages: str) -> None:
    arguments = [part for package in packages for part in ("-p", package)]
    environment = os.environ | {"CARGO_TARGET_DIR": str(TARGET)}
    built = subprocess.run(["cargo", "build", "--release", *arguments], cwd=BENCH, env=environment)
    if built.returncode:
        raise Missing(f"`cargo build {' '.join(arguments)}` failed")


def program(name: str) -> str:
    return str(TARGET / "release" / name)


def installed(name: str, stamp_of: list[Path], install: Callable[[Path], None]) -> Path:
    """A folder in the cache that is made anew when its list of packages changes."""
    folder = CACHE / name
    stamp = hashlib.sha256(b"".join(path.read_bytes() for path in stamp_of)).hexdigest()
    mark = folder / ".installed"
    if not mark.exists() or mark.read_text() != stamp:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        install(folder)
        mark.write_text(stamp)
    return folder


def must(command: list[str], folder: Path) -> None:
    if not shutil.which(command[0]):
        raise Missing(f"there is no `{command[0]}`")
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise Missing(f"`{' '.join(command)}` failed:\n{done.stdout[-1500:]}")


def prepare_fastify() -> None:
    source = BENCH / "fastify"

    def install(folder: Path) -> None:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(source / name, folder)
        must(["npm", "ci", "--no-audit", "--no-fund"], folder)
        # Its native part is fetched or compiled by the package's own install script.
        must(["node", "-e", "new (require('better-sqlite3'))(':memory:')"], folder)

    folder = installed("fastify", [source / "package-lock.json"], install)
    # Beside its packages: that is where node looks for them.
    for module in source.glob("*.mjs"):
        shutil.copy(module, folder)


def prepare_django() -> None:
    source = BENCH / "django" / "requirements.txt"

    def install(folder: Path) -> None:
        must([sys.executable, "-m", "venv", str(folder / "venv")], folder)
        must([str(folder / "venv/bin/pip"), "install", "-q", "-r", str(source)], folder)

    installed("django", [source], install)


def django(port: int, _: str) -> list[str]:
    # One core, one process. Threads, for `sync` workers would close each connection after one answer.
    options = ["--workers", "1", "--worker-class", "gthread", "--threads", "4", "--keep-alive", "120"]
    bind = ["--bind", f"127.0.0.1:{port}", "--chdir", str(BENCH / "django"), "--worker-tmp-dir", "/dev/shm"]
    return [str(CACHE / "django/venv/bin/gunicorn"), *options, *bind, "--log-level", "warning", "benchmark.wsgi"]


def quintet(access_log: bool) -> Callable[[str], dict[str, str]]:
    return lambda url: {
        "DATABASE_URL": url,
        "QUINTET_SERVER_ACCESS_LOG": "true" if access_log else "false",
    }


SERVERS = [
    Server(
        "raw",
        "axum with rusqlite on threads of its own, or with tokio-postgres on shared connections; hand-written SQL",
        lambda: cargo("bench-raw"),
        lambda port, url: [program("bench-raw"), str(port), url],
        workloads=EVERYTHING | {"queries-awaited", "fortunes-minijinja", "page-minijinja"},
        only_on={"postgres": frozenset(["updates-awaited"])},
    ),
    Server(
        "quintet",
        "default middleware, access log off",
        lambda: cargo("bench-quintet"),
        lambda port, _: [program("bench-quintet"), "serve", f"--bind=127.0.0.1:{port}"],
        quintet(access_log=False),
        workloads=EVERYTHING | {"queries-awaited"},
        only_on={"postgres": frozenset(["updates-awaited"])},
        # Nothing is gained by asking for all at once where each answers at once.
        instead={"sqlite": {"queries": "queries-awaited", "updates": "updates-awaited"}},
        folder=BENCH / "quintet",
    ),
    Server(
        "quintet+log",
        "the same with the access log, JSON lines to a file",
        lambda: cargo("bench-quintet"),
        lambda port, _: [program("bench-quintet"), "serve", f"--bind=127.0.0.1:{port}"],
        quintet(access_log=True),
        workloads=frozenset(["plaintext", "json", "one"]),
        folder=BENCH / "quintet",
    ),
    Server(
        "fastify",
        "Fastify with better-sqlite3 or pg (10 connections), Eta, response schemas, no log",
        prepare_fastify,
        lambda port, url: ["node", str(CACHE / "fastify/server.mjs"), str(port), url],
        only_on={"postgres": frozenset(["queries-awaited"])},
    ),
    Server(
        "django",
        "Django with sqlite3 or psycopg on gunicorn (1 process, 4 threads), 3 middlewares, no log; it awaits each query",
        prepare_django,
        django,
        lambda url: {"DATABASE_URL": url},
    ),
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(server: Server, database: Database, work: Path, core: int) -> Running:
    """On a copy of the database of its own, pinned to a core, when it listens."""
    url = database.copy_for(server.name)
    port = free_port()
    log = work / f"{server.name}.{database.name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["taskset", "-c", str(core), *server.command(port, url)],
            cwd=server.folder,
            env=os.environ | server.environment(url),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    running = Running(server, port, database, url, process)
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return running
        except OSError:
            time.sleep(0.05)
    running.stop()
    raise Missing(f"it does not listen; its last words:\n{log.read_text(errors='replace')[-1500:]}")
