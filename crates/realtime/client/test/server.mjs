// A small site that speaks `quintet.v1` over real WebSockets, as docs/channels-protocol.md has it: topics with a log of what was said
// last, who is there, tickets. What it hears in a topic it tells everybody there. Other addresses are `pages`, by path.
import { createHash, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';

const MAGIC = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

// One WebSocket: texts in and out. Fragments and pieces of more than 64 KiB are not needed here.
class Wire {
  #socket;
  #rest = Buffer.alloc(0);

  constructor(socket, hear, ended) {
    this.#socket = socket;
    socket.on('data', data => {
      this.#rest = Buffer.concat([this.#rest, data]);
      for (let frame = this.#frame(); frame; frame = this.#frame()) {
        if (frame.opcode === 1) hear(frame.body.toString());
        if (frame.opcode === 8) {
          this.#write(8, frame.body);
          socket.end();
        }
        if (frame.opcode === 9) this.#write(10, frame.body);
      }
    });
    socket.on('error', () => {});
    socket.on('close', ended);
  }

  #frame() {
    const bytes = this.#rest;
    if (bytes.length < 6) return undefined;
    const long = (bytes[1] & 127) === 126;
    const from = long ? 4 : 2;
    if (bytes.length < from + 4) return undefined;
    const length = long ? bytes.readUInt16BE(2) : bytes[1] & 127;
    const end = from + 4 + length;
    if (bytes.length < end) return undefined;
    const mask = bytes.subarray(from, from + 4);
    const body = Buffer.from(bytes.subarray(from + 4, end).map((byte, at) => byte ^ mask[at % 4]));
    this.#rest = bytes.subarray(end);
    return { opcode: bytes[0] & 15, body };
  }

  #write(opcode, body) {
    if (this.#socket.writableEnded) return;
    const head = body.length < 126 ? Buffer.from([128 | opcode, body.length]) : Buffer.from([128 | opcode, 126, body.length >> 8, body.length & 255]);
    this.#socket.write(Buffer.concat([head, body]));
  }

  say(message) {
    this.#write(1, Buffer.from(JSON.stringify(message)));
  }

  close(code) {
    this.#write(8, Buffer.from([code >> 8, code & 255]));
    this.#socket.end();
  }

  cut() {
    this.#socket.destroy();
  }
}

export class Site {
  connections = new Map();
  // Handshakes that were taken.
  dialled = 0;
  #topics = new Map();
  #settings;
  #server;

  // `kept`: so many events of a topic. `ticket`: what `auth` must bring.
  static async start({ port = 0, pages = {}, kept = 100, ping = 20_000, ticket } = {}) {
    const site = new Site();
    site.#settings = { kept, ping, ticket };
    site.#server = createServer((request, response) => {
      const page = pages[request.url.split("?")[0]];
      response.writeHead(page ? 200 : 404, { 'content-type': page?.type ?? 'text/plain', 'cache-control': 'no-cache', ...page?.headers });
      response.end(typeof page?.body === 'function' ? page.body(site, request.url) : page?.body);
    });
    site.#server.on('upgrade', (request, socket) => site.#upgraded(request, socket));
    await new Promise(done => site.#server.listen(port, '127.0.0.1', done));
    site.url = `http://127.0.0.1:${site.#server.address().port}`;
    return site;
  }

  async stop() {
    this.cut();
    const over = new Promise(done => this.#server.close(done));
    this.#server.closeAllConnections();
    await over;
  }

  // Breaks all connections, without a word.
  cut() {
    for (const { wire } of this.connections.values()) wire.cut();
  }

  bye(reason, retry, code) {
    for (const { wire } of this.connections.values()) {
      wire.say({ type: 'bye', reason, retry });
      wire.close(code);
    }
  }

  // Says something in a topic; it is kept.
  send(name, data) {
    const topic = this.#topic(name);
    const at = randomUUID();
    topic.log.push({ at, data });
    if (topic.log.length > this.#settings.kept) topic.lost = topic.log.shift().at;
    for (const { wire } of topic.here) wire.say({ type: 'event', topic: name, data, at });
  }

  #topic(name) {
    if (!this.#topics.has(name)) this.#topics.set(name, { log: [], lost: randomUUID(), here: new Set() });
    return this.#topics.get(name);
  }

  #upgraded(request, socket) {
    if (request.url !== '/channels/' || request.headers['sec-websocket-protocol'] !== 'quintet.v1') {
      socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
      return;
    }
    const accept = createHash('sha1').update(request.headers['sec-websocket-key'] + MAGIC).digest('base64');
    socket.setNoDelay(true);
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: quintet.v1\r\n\r\n`);
    this.dialled += 1;
    const one = { id: randomUUID(), name: 'nobody', topics: new Set() };
    one.wire = new Wire(socket, text => this.#heard(one, JSON.parse(text)), () => {
      this.connections.delete(one.id);
      for (const name of one.topics) this.#left(one, name);
    });
    this.connections.set(one.id, one);
    one.wire.say({ type: 'hello', connection: one.id, ping: this.#settings.ping });
  }

  #heard(one, { type, ref, topic: name, after, data, token }) {
    if (type === 'ping') one.wire.say({ type: 'pong' });
    if (type === 'auth') {
      const right = token === this.#settings.ticket;
      if (right) one.name = 'ana';
      one.wire.say(right ? { type: 'reply', ref } : { type: 'reply', ref, problem: { status: 401, title: 'Unauthorized' } });
    }
    if (type === 'join') this.#joined(one, ref, name, after);
    if (type === 'leave') {
      one.wire.say({ type: 'left', ref, topic: name });
      one.topics.delete(name);
      this.#left(one, name);
    }
    if (type === 'say') {
      this.send(name, data);
      one.wire.say({ type: 'reply', ref, data: { heard: data.event } });
    }
  }

  #joined(one, ref, name, after) {
    if (one.topics.has(name)) return one.wire.say({ type: 'refused', ref, topic: name, problem: { status: 409, title: 'Conflict' } });
    if (name.startsWith('secret')) return one.wire.say({ type: 'refused', ref, topic: name, problem: { status: 403, title: 'Forbidden' } });
    const { log, lost, here } = this.#topic(name);
    const end = log.at(-1)?.at ?? lost;
    for (const { wire } of here) wire.say({ type: 'presence', topic: name, joins: [{ id: one.id, meta: one.name }], leaves: [] });
    here.add(one);
    one.topics.add(name);
    const from = after === undefined || after === end ? log.length : after === lost ? 0 : log.findIndex(({ at }) => at === after) + 1 || -1;
    one.wire.say({ type: 'joined', ref, topic: name, at: end, here: [...here].map(({ id, name }) => ({ id, meta: name })) });
    if (from < 0) one.wire.say({ type: 'gap', topic: name, at: end });
    else for (const { at, data } of log.slice(from)) one.wire.say({ type: 'event', topic: name, data, at });
  }

  #left(one, name) {
    const { here } = this.#topic(name);
    here.delete(one);
    for (const { wire } of here) wire.say({ type: 'presence', topic: name, joins: [], leaves: [one.id] });
  }
}
