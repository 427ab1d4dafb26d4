"""What the client `websockets` says to a site's sockets: peer.py ws://127.0.0.1:8000, and what it must hear. Ends with 1 at the first that is wrong."""

import asyncio
import sys

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Frame, Opcode

BASE = sys.argv[1]


def same(found, expected):
    if found != expected:
        raise AssertionError(f"{found!r} instead of {expected!r}")


async def closed(socket):
    """The code and the reason with which the server closes."""
    try:
        async with asyncio.timeout(20):
            while True:
                await socket.recv()
    except ConnectionClosed as ended:
        return (ended.rcvd.code, ended.rcvd.reason) if ended.rcvd else None


async def messages():
    async with connect(BASE + "/echo/") as socket:
        # The extension is offered and not taken.
        same(socket.response.headers.get("Sec-WebSocket-Extensions"), None)
        for text in ["", "hello", "grün 🦀", "x" * 65_536]:
            await socket.send(text)
            same(await socket.recv(), text)
        for data in [b"", bytes(range(256)) * 256]:
            await socket.send(data)
            same(await socket.recv(), data)
        await socket.send(["in ", "several ", "pieces"])
        same(await socket.recv(), "in several pieces")
        await (await socket.ping(b"are you there?"))
    same((socket.close_code, socket.protocol.close_rcvd.code), (1000, 1000))


async def faults():
    raw = Frame.serialize
    for code, send in [
        (1009, lambda socket: socket.send("x" * 65_537)),
        (1009, lambda socket: socket.send(b"x" * 8_000_000)),
        (1007, raw(Frame(Opcode.TEXT, b"a\xffb"), mask=True)),
        (1002, raw(Frame(Opcode.CONT, b"of nothing"), mask=True)),
        (1002, raw(Frame(Opcode.TEXT, b"in the open"), mask=False)),
    ]:
        # Not `async with`: it trips over a connection that is gone before all has left.
        socket = await connect(BASE + "/echo/", compression=None)
        if isinstance(send, bytes):
            socket.transport.write(send)
        else:
            await send(socket)
        same((await closed(socket))[0], code)


async def goodbyes():
    async with connect(BASE + "/goodbye/") as socket:
        same(await closed(socket), (4321, "that is all"))
    async with connect(BASE + "/echo/") as socket:
        await socket.close(4000, "mine")
    same((socket.close_code, socket.close_reason), (4000, "mine"))
    socket = await connect(BASE + "/echo/")
    socket.transport.abort()
    half = await connect(BASE + "/echo/")
    half.transport.write_eof()
    await half.wait_closed()


async def handshakes():
    async with connect(BASE + "/protocols/", subprotocols=["v1", "v2"]) as socket:
        same(socket.subprotocol, "v2")
    async with connect(BASE + "/protocols/", subprotocols=["other"]) as socket:
        same(socket.subprotocol, None)
    try:
        await connect(BASE + "/echo/", origin="https://evil.example")
        raise AssertionError("a page of another site has got in")
    except InvalidStatus as refused:
        same(refused.response.status_code, 403)


async def many():
    async def one(n):
        async with connect(BASE + "/echo/") as socket:
            for m in range(50):
                await socket.send(f"{n} {m}")
                same(await socket.recv(), f"{n} {m}")

    await asyncio.gather(*(one(n) for n in range(50)))


async def main():
    for part in [messages, faults, goodbyes, handshakes, many]:
        async with asyncio.timeout(60):
            await part()


asyncio.run(main())
