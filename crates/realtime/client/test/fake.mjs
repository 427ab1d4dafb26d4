// A world without network and time: sockets whose other end is the test, a clock that stands still until it is moved, and as much of
// a browser as the client listens to.
import assert from 'node:assert/strict';
import { connect } from '../channels.js';

const tick = setImmediate;

// Lets promises come to rest.
export const settled = () => new Promise(done => tick(done));

class Socket {
  readyState = 0;
  // What the client has said and the test has not looked at yet.
  said = [];
  closedWith;
  #listeners = {};

  constructor(url, protocol) {
    Object.assign(this, { url, protocol });
  }

  addEventListener(type, listener) {
    (this.#listeners[type] ??= []).push(listener);
  }

  send(text) {
    assert.equal(this.readyState, 1, 'said on an open socket only');
    assert.equal(typeof text, 'string');
    this.said.push(JSON.parse(text));
  }

  close(code) {
    this.readyState = 3;
    this.closedWith = code;
  }

  // From here on the server's side.
  #fire(type, event) {
    for (const listener of this.#listeners[type] ?? []) listener(event);
  }

  async raw(data) {
    this.#fire('message', { data });
    await settled();
  }

  says(message) {
    return this.raw(JSON.stringify(message));
  }

  async greets(more) {
    this.readyState = 1;
    this.#fire('open', {});
    await this.says({ type: 'hello', connection: 'c1', ping: 20_000, ...more });
  }

  async closes(code = 1006) {
    this.readyState = 3;
    this.#fire('close', { code });
    await settled();
  }

  async fails() {
    this.readyState = 3;
    this.#fire('error', {});
    await settled();
  }

  // The next thing that the client has said, which must look like this; its ref comes back, and `was` is kept.
  heard(expected) {
    const { ref, was, ...message } = this.said.shift() ?? assert.fail(`nothing was said, ${JSON.stringify(expected)} was expected`);
    assert.deepEqual(message, expected);
    this.was = was;
    return ref;
  }

  silent() {
    assert.deepEqual(this.said, []);
  }

  // Answers the join that comes next.
  async joins(topic, { after, ...more } = {}) {
    const ref = this.heard(after === undefined ? { type: 'join', topic } : { type: 'join', topic, after });
    await this.says({ type: 'joined', ref, topic, at: 'p0', ...more });
  }
}

export class World {
  sockets = [];
  chance = 0;
  #now = 1000;
  #timers = [];
  #back = [];

  static #current;

  constructor(t) {
    // One at a time: each puts back what was there before it.
    World.#current?.#end();
    World.#current = this;
    const world = this;
    this.#set(globalThis, 'setTimeout', (run, ms = 0) => {
      const timer = { run, at: this.#now + Math.max(0, ms) };
      this.#timers.push(timer);
      return timer;
    });
    this.#set(globalThis, 'clearTimeout', timer => { this.#timers = this.#timers.filter(other => other !== timer) });
    this.#set(performance, 'now', () => this.#now);
    this.#set(Math, 'random', () => this.chance);
    this.window = new EventTarget();
    this.document = Object.assign(new EventTarget(), { visibilityState: 'visible' });
    this.#set(globalThis, 'addEventListener', (...words) => this.window.addEventListener(...words));
    this.#set(globalThis, 'document', this.document);
    this.#set(globalThis, 'location', new URL('https://cinema.example/films/7/'));
    // A function, as `new` wants one that takes it by its options.
    this.Socket = function (url, protocol) {
      const socket = new Socket(url, protocol);
      world.sockets.push(socket);
      return socket;
    };
    t.after(() => this.#end());
  }

  #end() {
    for (const undo of this.#back.reverse()) undo();
    this.#back = [];
  }

  #set(target, name, value) {
    const before = Object.getOwnPropertyDescriptor(target, name);
    Object.defineProperty(target, name, { value, configurable: true, writable: true });
    this.#back.push(() => (before ? Object.defineProperty(target, name, before) : delete target[name]));
  }

  connect(options, url) {
    return connect(url, { WebSocket: this.Socket, ...options });
  }

  get socket() {
    return this.sockets.at(-1);
  }

  // Timers that are still waited for.
  get waiting() {
    return this.#timers.length;
  }

  async pass(ms) {
    const until = this.#now + ms;
    for (;;) {
      const next = this.#timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#timers = this.#timers.filter(other => other !== next);
      this.#now = Math.max(this.#now, next.at);
      next.run();
      await settled();
    }
    this.#now = until;
  }

  async fires(type) {
    this.window.dispatchEvent(new Event(type));
    await settled();
  }

  async looks(visibilityState) {
    this.document.visibilityState = visibilityState;
    this.document.dispatchEvent(new Event('visibilitychange'));
    await settled();
  }

  // A room that is joined.
  async joined(topic = 'film:7', options, more) {
    const channels = this.connect(options);
    const room = channels.join(topic);
    await this.socket.greets();
    await this.socket.joins(topic, more);
    return { channels, room, socket: this.socket };
  }

  // The connection breaks and another one is there, which has not said anything yet.
  async again(code) {
    const before = this.sockets.length;
    await this.socket.closes(code);
    for (let waited = 0; this.sockets.length === before; waited += 50) {
      assert.ok(waited <= 30_000, 'it comes back');
      await this.pass(50);
    }
    await this.socket.greets({ connection: 'c2' });
    return this.socket;
  }
}

// What a listener has heard.
export function ears() {
  const heard = [];
  const listener = (...words) => heard.push(words.length === 1 ? words[0] : words);
  return Object.assign(listener, {
    take() {
      return heard.splice(0);
    },
  });
}

export const fails = (promise, reason, status = 0) => assert.rejects(promise, error => {
  assert.equal(error.name, 'ChannelError');
  assert.deepEqual([error.reason, error.status], [reason, status]);
  return true;
});
