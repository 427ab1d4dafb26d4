// What the client `ws` says to a site's sockets: peer.mjs FOLDER ws://127.0.0.1:8000, where FOLDER has it, and what it must hear. Ends with 1 at
// the first that is wrong.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createRequire } from "node:module";

const [folder, base] = process.argv.slice(2);
const { WebSocket } = createRequire(`${folder}/`)("ws");

setTimeout(() => {
  console.error("it hangs");
  process.exit(1);
}, 120_000).unref();

const open = async (path, ...rest) => {
  const socket = new WebSocket(base + path, ...rest);
  await once(socket, "open");
  return socket;
};

const heard = async (socket) => {
  const [data, isBinary] = await once(socket, "message");
  return isBinary ? data : data.toString();
};

const closed = async (socket) => {
  // What breaks off while it is still sending is told as an error, too.
  socket.on("error", () => {});
  const [code, reason] = await once(socket, "close");
  return [code, reason.toString()];
};

const messages = async () => {
  const socket = await open("/echo/");
  assert.equal(socket.extensions, "");
  for (const text of ["", "hello", "grün 🦀", "x".repeat(65_536)]) {
    socket.send(text);
    assert.equal(await heard(socket), text);
  }
  const bytes = Buffer.alloc(65_536, 7);
  socket.send(bytes);
  assert.deepEqual(await heard(socket), bytes);
  socket.send("in ", { fin: false });
  socket.send("several ", { fin: false });
  socket.ping("are you there?");
  assert.equal((await once(socket, "pong"))[0].toString(), "are you there?");
  socket.send("pieces", { fin: true });
  assert.equal(await heard(socket), "in several pieces");
  socket.close(4000, "mine");
  assert.deepEqual(await closed(socket), [4000, "mine"]);
};

const faults = async () => {
  for (const [code, send] of [
    [1009, (socket) => socket.send("x".repeat(65_537))],
    [1009, (socket) => socket.send(Buffer.alloc(8_000_000))],
    [1002, (socket) => socket.send("in the open", { mask: false })],
    [1007, (socket) => socket._socket.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0xc3, 0x28]))],
    [1002, (socket) => socket._socket.write(Buffer.from([0x83, 0x80, 0, 0, 0, 0]))],
    [1002, (socket) => socket._socket.write(Buffer.from([0x09, 0x80, 0, 0, 0, 0]))],
  ]) {
    const socket = await open("/echo/", { perMessageDeflate: false });
    send(socket);
    assert.equal((await closed(socket))[0], code, send.toString());
  }
};

const goodbyes = async () => {
  const socket = await open("/goodbye/");
  assert.deepEqual(await closed(socket), [4321, "that is all"]);
  (await open("/echo/")).terminate();
};

const handshakes = async () => {
  assert.equal((await open("/protocols/", ["v1", "v2"])).protocol, "v2");
  for (const [path, options, status] of [
    ["/echo/", { origin: "https://evil.example" }, 403],
    ["/echo/", { protocolVersion: 8 }, 426],
    ["/nothing/", {}, 404],
  ]) {
    const socket = new WebSocket(base + path, options);
    socket.on("error", () => {});
    const [, response] = await once(socket, "unexpected-response");
    assert.equal(response.statusCode, status);
    socket.terminate();
  }
};

const many = async () => {
  await Promise.all(
    Array.from({ length: 50 }, async (_, n) => {
      const socket = await open("/echo/");
      for (let m = 0; m < 50; m++) {
        socket.send(`${n} ${m}`);
        assert.equal(await heard(socket), `${n} ${m}`);
      }
      socket.close();
    }),
  );
};

for (const part of [messages, faults, goodbyes, handshakes, many]) await part();
process.exit(0);
