"""Clients that hold connections open by sending and reading slowly, while another one has to be served."""

import asyncio
import contextlib
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable

from tools import Broken

# So many connections of each kind.
MANY = 300
# A server that has not hung up by then never will.
LONGEST = 100
# The longest that somebody who asks as usual waits.
WAIT = 10


def head(method: str, path: str, headers: dict[str, str], *more: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in ({"Host": "localhost"} | headers).items()), *more]
    return ("\r\n".join(lines) + "\r\n").encode()


async def drip(at: tuple[str, int], first: bytes, piece: bytes) -> bool:
    """Sends a piece every two seconds; does the server hang up before `LONGEST`?"""
    try:
        reader, writer = await asyncio.open_connection(*at)
    except OSError:
        return True
    until = time.monotonic() + LONGEST
    try:
        writer.write(first)
        while time.monotonic() < until:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(2):
                    while True:
                        if not await reader.read(4096):
                            return True
            writer.write(piece)
            await writer.drain()
        return False
    except OSError:
        return True
    finally:
        writer.close()


async def stare(at: tuple[str, int], requests: bytes) -> bool:
    """Asks for more than the system buffers, and reads nothing; does the server hang up?"""
    loop = asyncio.get_running_loop()
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        client.setblocking(False)
        try:
            await loop.sock_connect(client, at)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(5):
                    await loop.sock_sendall(client, requests)
            until = time.monotonic() + LONGEST
            while time.monotonic() < until:
                await asyncio.sleep(2)
                # A connection that was reset takes nothing; one that only stalls would block.
                with contextlib.suppress(BlockingIOError):
                    if client.send(b"\r\n") == 0:
                        return True
            return False
        except OSError:
            return True


async def visitor(at: tuple[str, int], headers: dict[str, str], over: asyncio.Event, waits: list[float]) -> None:
    """Asks as browsers do, twice a second. What is not answered well in time counts as for ever."""
    request = head("GET", "/", headers, "Connection: close", "")
    while not over.is_set():
        begun = time.monotonic()
        waited = float("inf")
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(WAIT):
                reader, writer = await asyncio.open_connection(*at)
                writer.write(request)
                answer = await reader.read()
                writer.close()
                if answer.startswith(b"HTTP/1.1 200 "):
                    waited = time.monotonic() - begun
        waits.append(waited)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), 0.5)


async def attacked(at: tuple[str, int], headers: dict[str, str], attack) -> tuple[object, list[float]]:
    """What an attack says, and how long a visitor waited meanwhile."""
    over, waits = asyncio.Event(), []
    watching = asyncio.create_task(visitor(at, headers, over, waits))
    try:
        said = await attack
    finally:
        over.set()
        await watching
    return said, waits


def judged(kind: str, waits: list[float], log: Callable[[str], None]) -> list[str]:
    log(f"  {kind}: a visitor asked {len(waits)} times and waited {max(waits):.2f} s at most")
    lost = sum(wait == float("inf") for wait in waits)
    return [f"{kind}: a visitor got no answer {lost} of {len(waits)} times"] if lost else []


async def own(at: tuple[str, int], headers: dict[str, str], sends: str, large: tuple[str, int], log: Callable[[str], None]) -> list[str]:
    form = head("POST", sends, headers, "Content-Type: application/x-www-form-urlencoded", "Content-Length: 100000", "")
    # What costs the server little and is much: a flood would be another attack.
    path, times = large
    kinds = {
        "slow head": lambda: drip(at, head("GET", "/", headers), b"X-More: 1\r\n"),
        "slow body": lambda: drip(at, form, b"a"),
        "slow read": lambda: stare(at, head("GET", path, headers, "") * times),
    }
    # All kinds at once: none of them takes long of the server, each takes long.
    everything = asyncio.gather(*(asyncio.gather(*(attack() for _ in range(MANY))) for attack in kinds.values()))
    ended, waits = await attacked(at, headers, everything)
    found = judged(f"{MANY} connections of each kind", waits, log)
    for kind, over in zip(kinds, ended, strict=True):
        kept = sum(not one for one in over)
        log(f"  {kind}: {MANY - kept} of {MANY} connections were ended")
        if kept:
            found.append(f"{kind}: {kept} of {MANY} connections were held for {LONGEST} s and more")
    return found


async def program(words: list[str], folder: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=folder
    )
    said, _ = await asyncio.wait_for(process.communicate(), 180)
    return re.sub(r"\x1b\[[0-9;]*m", "", said.decode(errors="replace"))


async def slowhttptest(at: tuple[str, int], headers: dict[str, str], sends: str, log: Callable[[str], None]) -> list[str]:
    url = f"http://{at[0]}:{at[1]}"
    often = ["-c", "1000", "-r", "250", "-i", "5", "-l", "40", "-p", str(WAIT)]
    found = []
    with tempfile.TemporaryDirectory(prefix="quintet-slow-") as folder:
        for kind, words in {
            "slow head": ["-H", "-u", f"{url}/"],
            "slow body": ["-B", "-u", url + sends, "-s", "8192"],
            "slow read": ["-X", "-u", f"{url}/", "-w", "16", "-y", "64", "-n", "5", "-z", "16", "-k", "3"],
        }.items():
            said, waits = await attacked(at, headers, program(["slowhttptest", *words, *often], folder))
            found += judged(f"slowhttptest, {kind}", waits, log)
            if not re.search(r"service available:\s+YES", said) or re.search(r"service available:\s+NO", said):
                found.append(f"slowhttptest, {kind}: the service is not available:\n{said[-600:]}")
    return found


def run(at: tuple[str, int], headers: dict[str, str], sends: str, large: tuple[str, int], log: Callable[[str], None]) -> list[str]:
    """`at` is the site itself: what stands before it would bear the attack in its place."""
    log("slow clients")
    found = []
    if shutil.which("slowhttptest"):
        found += asyncio.run(slowhttptest(at, headers, sends, log))
    elif os.environ.get("CI"):
        raise Broken("slowhttptest is not installed, and CI counts on it: apt-get install slowhttptest")
    else:
        log("  slowhttptest is not installed")
    return found + asyncio.run(own(at, headers, sends, large, log))
