// Channels in the browser: the client of `quintet.v1` (docs/channels-protocol.md). An ES module without dependencies and without a
// build; it also runs in Node from 22 on, in Deno and in Bun. channels.d.ts has its types.
//
//   import { connect } from "channels";
//   const room = connect().join("film:7");
//   room.on("comment", ({ by, text }) => show(by, text));
//   await room.say({ event: "comment", text: "What a film!" });
//
// Three layers, each knowing only the one below: a `Line` is the one WebSocket, its heartbeat and its way back; a `Topic` is what is
// joined on it, once however many want it; a `Room` is what one of them holds. `Channels` ties them together.

const PROTOCOL = "quintet.v1";
// Pauses between attempts, in milliseconds: the first, twice as long each time, at most the longest; by chance between half and all.
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;
// A connection that lasted this long was a good one: after it the pauses start afresh.
const STEADY = 5_000;
// Until the server has greeted, and has taken the ticket.
const PATIENCE = 20_000;
// How soon a sign of life must come where there is a reason to doubt the connection: another network, a device that slept.
const DOUBT = 5_000;
// If the server doesn't say how often it wants to hear something.
const USUAL_PING = 30_000;
// Closed with these, this client has made a mistake, which it would make again; or somebody has logged out.
const FINAL = new Set([1002, 1003, 1007, 4001]);
const RATE = 1008;

/** Why something was not done. `reason` is for programs, `status` and `problem` are what the server said, if it did. */
export class ChannelError extends Error {
  constructor(reason, message, problem) {
    super(message);
    this.name = "ChannelError";
    this.reason = reason;
    this.problem = problem;
    this.status = Number(problem?.status) || 0;
  }
}

const refusal = (problem) => new ChannelError("problem", problem.detail || problem.title || "the server refused", problem);
const closed = () => new ChannelError("closed", "the connection was closed");
const isObject = (value) => typeof value === "object" && value !== null;

// What goes wrong in a listener is told like any mistake of a script; the others hear the event all the same.
function report(error) {
  if (typeof reportError === "function") reportError(error);
  else console.error(error);
}

/** Functions by name. */
class Listeners {
  #all = new Map();

  add(name, listener, once = false) {
    if (typeof listener !== "function") throw new TypeError(`what listens to ${name} must be a function`);
    const entry = { listener, once };
    const entries = this.#all.get(name) ?? [];
    this.#all.set(name, [...entries, entry]);
    return () => this.#keep(name, (other) => other !== entry);
  }

  remove(name, listener) {
    if (listener === undefined) this.#all.delete(name);
    else this.#keep(name, (entry) => entry.listener !== listener);
  }

  clear() {
    this.#all.clear();
  }

  tell(name, ...words) {
    for (const entry of this.#all.get(name) ?? []) {
      // One that was taken off by another one, just now, doesn't hear it.
      if (!this.#all.get(name)?.includes(entry)) continue;
      if (entry.once) this.#keep(name, (other) => other !== entry);
      try {
        entry.listener(...words);
      } catch (error) {
        report(error);
      }
    }
  }

  #keep(name, wanted) {
    const entries = this.#all.get(name)?.filter(wanted);
    if (entries?.length) this.#all.set(name, entries);
    else this.#all.delete(name);
  }
}

/** An answer that is waited for. Nobody has to look at the promise: then its failure is no unhandled one. */
class Answer {
  constructor(timeout) {
    this.promise = new Promise((done, fail) => {
      this.done = done;
      this.fail = fail;
    });
    let timer;
    // Longer than a timer can count is for ever.
    if (timeout < 2 ** 31) timer = setTimeout(() => this.fail(new ChannelError("timeout", `no answer within ${timeout} ms`)), timeout);
    this.settled = false;
    this.whenSettled = undefined;
    const over = () => {
      clearTimeout(timer);
      this.settled = true;
      this.whenSettled?.();
    };
    this.promise.then(over, over);
  }
}

/**
 * The WebSocket: dials, greets, shows its ticket, keeps alive, and comes back after whatever happens to it. What it hears of topics it
 * hands to `owner`: `hear`, `failed` for what was asked there and can't be done, `ready`, `lost`, `ended`, and `tell` for listeners.
 */
class Line {
  state = "idle";
  connection = null;
  /** The connection before this one. */
  was = undefined;
  #renewal;
  #url;
  #options;
  #owner;
  #socket = null;
  // Whatever is waited for now: the greeting, a sign of life, or the next attempt.
  #timer;
  #asleep = false;
  // May the pause be cut short? One that the server asked for may not.
  #hasty = false;
  #tries = 0;
  #ready = 0;
  #heard = 0;
  #doubted = false;
  #ping = USUAL_PING;
  #most = Infinity;
  #refs = 0;
  #answers = new Map();
  #unlisten;

  constructor(url, options, owner) {
    this.#url = url;
    this.#options = options;
    this.#owner = owner;
  }

  open() {
    if (this.state !== "idle") return;
    this.#listen();
    this.#dial();
  }

  /** Ends it for good. */
  end() {
    if (this.state === "closed") return;
    this.#unlisten?.abort();
    this.#release(1000);
    this.state = "closed";
    this.#owner.ended();
    this.#owner.tell("state", "closed");
  }

  ref() {
    return String(++this.#refs);
  }

  send(message) {
    this.#socket.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  /** Sends what `text` makes of a ref; the answer with that ref settles `answer`. */
  ask(answer, text) {
    const ref = this.ref();
    const message = text(ref);
    // A character is up to three bytes.
    if (message.length * 3 > this.#most) {
      const bytes = new TextEncoder().encode(message).length;
      const detail = `the message has ${bytes} bytes, more than the ${this.#most} that the server takes`;
      if (bytes > this.#most) return answer.fail(new ChannelError("size", detail, { status: 413, title: "Content Too Large", detail }));
    }
    this.#answers.set(ref, answer);
    answer.whenSettled = () => this.#answers.delete(ref);
    this.send(message);
  }

  warn(what, ...more) {
    if (this.#options.debug) console.warn(`channels: ${what}`, ...more);
  }

  #become(state) {
    if (this.state === state) return;
    this.state = state;
    this.#owner.tell("state", state);
  }

  #dial() {
    clearTimeout(this.#timer);
    let socket;
    try {
      socket = new (this.#options.WebSocket ?? globalThis.WebSocket)(this.#url, PROTOCOL);
    } catch (error) {
      // An address that can't be one, or a page that may not: another attempt would end like this one.
      this.#owner.tell("error", new ChannelError("closed", `can't connect to ${this.#url}: ${error.message}`));
      return this.end();
    }
    this.#socket = socket;
    // What an abandoned socket still says is not heard: the topics go on by another one.
    const mine = (hear) => (event) => this.#socket === socket && hear(event);
    socket.addEventListener("message", mine(({ data }) => this.#hear(data)));
    socket.addEventListener("close", mine(({ code }) => this.#retreat(code)));
    // A close with its code follows in browsers, and not in every other place.
    socket.addEventListener("error", mine(() => setTimeout(mine(() => this.#retreat(1006)))));
    this.#timer = setTimeout(() => this.#retreat(1006), PATIENCE);
    this.#become("connecting");
  }

  #hear(text) {
    this.#heard = performance.now();
    this.#doubted = false;
    let message;
    try {
      message = JSON.parse(text);
    } catch {
      return this.warn("not JSON:", text);
    }
    switch (isObject(message) ? message.type : undefined) {
      case "hello":
        return this.#greeted(message);
      case "pong":
        return;
      case "bye":
        return this.#dismissed(message);
      case "reply":
        return this.#replied(message);
      case "error":
        return this.#misunderstood(message);
      case undefined:
        return this.warn("no message:", message);
      default:
        this.#owner.hear(message);
    }
  }

  async #greeted({ connection, ping, max_message: most }) {
    // Once is enough.
    if (this.connection !== null) return;
    const socket = this.#socket;
    this.connection = String(connection);
    this.#ping = ping > 0 ? ping : USUAL_PING;
    this.#most = most > 0 ? most : Infinity;
    if (this.#options.token) {
      try {
        await this.#show(socket);
      } catch (error) {
        if (this.#socket !== socket) return;
        this.#owner.tell("error", error);
        if (this.#socket === socket) this.#retreat(1006);
        return;
      }
      if (this.#socket !== socket) return;
    }
    clearTimeout(this.#timer);
    this.#ready = performance.now();
    this.#watch();
    this.#become("open");
    this.#owner.ready();
  }

  // Shows a ticket. None: connects as nobody.
  async #show(socket) {
    const token = await this.#options.token();
    if (this.#socket !== socket || token === undefined || token === null) return;
    const answer = new Answer(Infinity);
    this.ask(answer, (ref) => JSON.stringify({ type: "auth", ref, token }));
    this.#renewed(socket, await answer.promise);
  }

  // A ticket is shown anew before it expires, so that nothing breaks; if that fails, the server says when it has.
  #renewed(socket, data) {
    clearTimeout(this.#renewal);
    const left = isObject(data) ? data.expires : undefined;
    if (!(left > 0)) return;
    this.#renewal = setTimeout(async () => {
      try {
        await this.#show(socket);
      } catch (error) {
        if (this.#socket === socket) this.#owner.tell("error", error);
      }
    }, Math.min(left * 0.8, 2 ** 31 - 1));
  }

  #replied({ ref, data, problem }) {
    const answer = this.#answers.get(ref);
    if (isObject(problem)) answer ? answer.fail(refusal(problem)) : this.#owner.failed(ref, problem);
    else answer?.done(data);
  }

  #misunderstood({ ref, problem }) {
    const error = refusal(isObject(problem) ? problem : {});
    if (ref !== undefined) return this.#replied({ ref, problem: error.problem });
    this.warn("the server could not understand:", error.problem);
    this.#owner.tell("error", error);
  }

  #dismissed({ reason, retry }) {
    const socket = this.#socket;
    const [from, to] = Array.isArray(retry) ? retry : [];
    const within = from >= 0 && to >= from ? { from, to } : undefined;
    this.#owner.tell("bye", { reason, retry: within });
    // A listener may have closed it.
    if (this.#socket !== socket) return;
    if (within) this.#retreat(1000, within);
    else if (retry === undefined || retry === null) this.end();
    else this.#retreat(1006);
  }

  // Signs of life: after `ping` of silence it asks for one, and after as much again there is nobody.
  #watch() {
    clearTimeout(this.#timer);
    const quiet = performance.now() - this.#heard;
    if (quiet >= this.#ping) this.#doubt(this.#ping);
    else this.#timer = setTimeout(() => this.#watch(), this.#ping - quiet);
  }

  #doubt(patience) {
    this.#doubted = true;
    this.send({ type: "ping" });
    clearTimeout(this.#timer);
    // Not by the clock: a timer that comes late, because the page was frozen, would find a long silence without a question.
    this.#timer = setTimeout(() => (this.#doubted ? this.#retreat(1006) : this.#watch()), patience);
  }

  #release(code) {
    const socket = this.#socket;
    this.#socket = null;
    this.was = this.connection ?? this.was;
    this.connection = null;
    clearTimeout(this.#timer);
    clearTimeout(this.#renewal);
    // 0 and 1: connecting and open.
    if (socket?.readyState < 2) socket.close(code);
    // It may have been heard or not. Saying it again could do it twice.
    for (const answer of this.#answers.values()) answer.fail(new ChannelError("lost", "the connection was lost before the answer came"));
    this.#answers.clear();
  }

  #retreat(code, within) {
    this.#release(1000);
    if (FINAL.has(code)) return this.end();
    let pause;
    if (within) {
      pause = within.from + Math.random() * (within.to - within.from);
    } else {
      if (this.state === "open" && performance.now() - this.#ready >= STEADY) this.#tries = 0;
      const most = code === RATE ? LONGEST_PAUSE : Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.#tries);
      this.#tries += 1;
      pause = most / 2 + (Math.random() * most) / 2;
    }
    this.#hasty = !within && code !== RATE;
    this.#timer = setTimeout(() => this.#dial(), pause);
    this.#owner.lost();
    this.#become("away");
  }

  // A network is there again, or somebody looks at the page again: no time to lose.
  #hurry() {
    if (this.state === "away" && this.#hasty && !this.#asleep) this.#dial();
    else if (this.state === "open" && !this.#doubted) this.#doubt(Math.min(DOUBT, this.#ping));
  }

  // Browsers keep a page that was left, to show it at once when somebody goes back; one with an open connection they don't.
  #sleep() {
    this.#asleep = true;
    this.#release(1000);
    this.#owner.lost();
    this.#become("away");
  }

  #wake() {
    if (!this.#asleep) return;
    this.#asleep = false;
    this.#dial();
  }

  #listen() {
    this.#unlisten = new AbortController();
    const { signal } = this.#unlisten;
    const page = globalThis.document;
    globalThis.addEventListener?.("online", () => this.#hurry(), { signal });
    globalThis.addEventListener?.("pagehide", () => this.#sleep(), { signal });
    globalThis.addEventListener?.("pageshow", () => this.#wake(), { signal });
    page?.addEventListener("visibilitychange", () => page.visibilityState === "visible" && this.#hurry(), { signal });
  }
}

/** Who is in a topic: what is known of each, by the id of their connection. */
class Presence extends Map {
  /**
   * Each person once, however many pages they have open. `by` says who it is by what is known of them; by itself it is that, where it is
   * a text or a number, or its `key`. Where there is none each connection is a person.
   */
  list(by = (meta) => (isObject(meta) ? meta.key : meta)) {
    const people = new Map();
    for (const [id, meta] of this) {
      const key = by(meta, id) ?? id;
      const person = people.get(key) ?? { key, meta, metas: [], ids: [] };
      person.metas.push(meta);
      person.ids.push(id);
      people.set(key, person);
    }
    return [...people.values()];
  }
}

/** A topic that is joined once, for all rooms of it. */
class Topic {
  state = "joining";
  presence = new Presence();
  rooms = new Set();
  problem;
  at;
  #line;
  #options;
  #owner;
  #ref;
  #queue = [];
  #tries = 0;
  #timer;
  #over;

  // `owner` forgets it when it is over, and leaves it for it.
  constructor(name, after, line, options, owner) {
    this.name = name;
    this.at = after;
    this.#line = line;
    this.#options = options;
    this.#owner = owner;
  }

  enter() {
    clearTimeout(this.#timer);
    this.#ref = this.#line.ref();
    // JSON leaves out an `after` that is undefined.
    // By which connection it was there: the server does not tell it what it has said itself for the others.
    const was = this.at === undefined ? undefined : this.#line.was;
    this.#line.send({ type: "join", ref: this.#ref, topic: this.name, after: this.at, was });
    this.#become("joining");
  }

  /** One more wants it. Who has seen another position than this one may have missed what is in between. */
  add(room, after) {
    this.rooms.add(room);
    if (after !== undefined && after !== this.at) queueMicrotask(() => this.rooms.has(room) && room.tell("gap", { at: this.at }));
    if (this.state === "refused") {
      if (this.#line.state === "open") this.enter();
      else this.#become("joining");
    }
  }

  remove(room) {
    this.rooms.delete(room);
    if (this.rooms.size || this.state === "left") return;
    const there = this.state === "joined" || (this.state === "joining" && this.#ref);
    if (there && this.#line.state === "open") this.#owner.leave(this.name);
    this.end(new ChannelError("left", `${this.name} was left`));
  }

  lost() {
    clearTimeout(this.#timer);
    this.#ref = undefined;
    if (this.state === "joining" || this.state === "joined") this.#become("away");
  }

  /** It is over: it was left, or the line was closed. */
  end(error) {
    clearTimeout(this.#timer);
    this.#owner.forget(this);
    this.#over = error;
    this.#fail(error);
    this.presence.clear();
    this.#become("left");
  }

  say(data, { timeout = this.#options.timeout, volatile = false } = {}) {
    const text = JSON.stringify(data);
    if (text === undefined) throw new TypeError("what is said must be something that JSON has");
    const answer = new Answer(timeout);
    const here = this.state === "joined";
    if (this.state === "left") answer.fail(this.#over);
    else if (this.state === "refused") answer.fail(refusal(this.problem));
    else if (here) this.#utter({ answer, text });
    else if (volatile) answer.fail(new ChannelError("away", `not connected to ${this.name} now`));
    else if (this.#queue.length >= this.#options.queue) answer.fail(new ChannelError("full", `${this.#queue.length} messages wait for ${this.name} already`));
    else {
      const words = { answer, text };
      this.#queue.push(words);
      answer.whenSettled = () => (this.#queue = this.#queue.filter((other) => other !== words));
    }
    return answer.promise;
  }

  joined({ ref, at, here }) {
    if (ref !== this.#ref || this.state !== "joining") return;
    this.#tries = 0;
    this.problem = undefined;
    // Who comes back stands where they stood, until they hear what they missed: after this message they might be cut off again.
    this.at ??= at;
    this.#become("joined");
    if (Array.isArray(here)) this.#settle(here);
    const queue = this.#queue;
    this.#queue = [];
    for (const words of queue) {
      if (this.state !== "joined") this.#queue.push(words);
      else if (!words.answer.settled) this.#utter(words);
    }
  }

  refused({ ref, problem }) {
    if (ref === undefined || ref !== this.#ref || this.state !== "joining") return;
    this.#ref = undefined;
    this.problem = isObject(problem) ? problem : { status: 403, title: "Forbidden" };
    const { status } = this.problem;
    // Too much at once, or something is broken over there: that passes.
    if (status === 429 || status >= 500) {
      const most = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.#tries);
      this.#tries += 1;
      this.#timer = setTimeout(() => this.enter(), most / 2 + (Math.random() * most) / 2);
      return;
    }
    this.#fail(refusal(this.problem));
    this.#become("refused");
  }

  event({ data, at }) {
    if (this.state !== "joined") return;
    if (at !== undefined) {
      // Positions can't be compared but for this: what ends where it already stands has been heard.
      if (at === this.at) return;
      this.at = at;
    }
    for (const room of [...this.rooms]) room.hear(data, { at, topic: this.name });
  }

  gap({ at }) {
    if (this.state !== "joined") return;
    this.at = at;
    this.#tell("gap", { at });
  }

  left({ problem }) {
    if (this.state !== "joined") return;
    this.problem = isObject(problem) ? problem : undefined;
    this.end(this.problem ? refusal(this.problem) : new ChannelError("left", `the server took this page out of ${this.name}`));
  }

  /** `here` is everybody; otherwise `joins` and `leaves` are what has changed. */
  present({ here, joins, leaves }) {
    if (this.state !== "joined") return;
    if (Array.isArray(here)) this.#settle(here);
    else this.#changed(Array.isArray(joins) ? joins : [], Array.isArray(leaves) ? leaves : []);
  }

  #settle(here) {
    const ids = new Set(here.map((one) => one?.id));
    this.#changed(here, [...this.presence.keys()].filter((id) => !ids.has(id)));
  }

  #changed(come, gone) {
    const change = { joins: [], updates: [], leaves: [] };
    for (const id of gone) {
      if (!this.presence.has(id)) continue;
      change.leaves.push({ id, meta: this.presence.get(id) });
      this.presence.delete(id);
    }
    for (const one of come) {
      if (typeof one?.id !== "string") {
        this.#line.warn("nobody:", one);
        continue;
      }
      const { id, meta } = one;
      const before = this.presence.get(id);
      if (!this.presence.has(id)) change.joins.push({ id, meta });
      else if (JSON.stringify(before) !== JSON.stringify(meta)) change.updates.push({ id, meta, before });
      this.presence.set(id, meta);
    }
    if (change.joins.length || change.updates.length || change.leaves.length) this.#tell("presence", change);
  }

  #utter({ answer, text }) {
    this.#line.ask(answer, (ref) => `{"type":"say","ref":"${ref}","topic":${JSON.stringify(this.name)},"data":${text}}`);
  }

  #fail(error) {
    const queue = this.#queue;
    this.#queue = [];
    for (const { answer } of queue) answer.fail(error);
  }

  #become(state) {
    if (this.state === state) return;
    this.state = state;
    this.#tell("state", state);
  }

  #tell(what, ...words) {
    for (const room of [...this.rooms]) room.tell(what, ...words);
  }
}

/** A topic, as one part of a page holds it: with listeners of its own, until it leaves. */
class Room {
  #topic;
  #gone = false;
  // Two, so that a channel may have events called `gap` or `state`.
  #events = new Listeners();
  #own = new Listeners();
  // What the topic calls. Not methods: those would be everybody's.
  #ear = { hear: (data, about) => this.#hear(data, about), tell: (what, ...words) => this.#own.tell(what, ...words) };

  constructor(topic, after) {
    this.#topic = topic;
    topic.add(this.#ear, after);
  }

  get topic() {
    return this.#topic.name;
  }

  get state() {
    return this.#gone ? "left" : this.#topic.state;
  }

  get problem() {
    return this.#topic.problem;
  }

  get at() {
    return this.#topic.at;
  }

  get presence() {
    return this.#topic.presence;
  }

  on(event, listener) {
    return this.#events.add(event, listener);
  }

  once(event, listener) {
    return this.#events.add(event, listener, true);
  }

  off(event, listener) {
    this.#events.remove(event, listener);
  }

  onGap(listener) {
    return this.#own.add("gap", listener);
  }

  onPresence(listener) {
    return this.#own.add("presence", listener);
  }

  onState(listener) {
    return this.#own.add("state", listener);
  }

  say(data, options) {
    let promise;
    try {
      if (this.#gone) throw new ChannelError("left", `${this.topic} was left`);
      promise = this.#topic.say(data, options);
    } catch (error) {
      promise = Promise.reject(error);
      promise.catch(() => {});
    }
    return promise;
  }

  leave() {
    if (this.#gone) return;
    this.#gone = true;
    this.#topic.remove(this.#ear);
    this.#events.clear();
    this.#own.clear();
  }

  #hear(data, about) {
    if (typeof data?.event === "string" && data.event !== "*") this.#events.tell(data.event, data, about);
    this.#events.tell("*", data, about);
  }
}

class Channels {
  #line;
  #options;
  #topics = new Map();
  // The refs of leavings that are not answered yet, by topic. Until then the server takes nobody back.
  #leaving = new Map();
  #listeners = new Listeners();

  constructor(url, options) {
    this.#options = { timeout: 10_000, queue: 50, ...options };
    const address = new URL(url, globalThis.location?.href);
    address.protocol = address.protocol.replace(/^http/, "ws");
    address.hash = "";
    this.#line = new Line(address.href, this.#options, {
      hear: (message) => this.#hear(message),
      failed: (ref, problem) => this.#failed(ref, problem),
      ready: () => this.#each((topic) => topic.state !== "refused" && topic.enter()),
      lost: () => {
        this.#leaving.clear();
        this.#each((topic) => topic.lost());
      },
      ended: () => {
        this.#leaving.clear();
        this.#each((topic) => topic.end(closed()));
      },
      tell: (what, ...words) => this.#listeners.tell(what, ...words),
    });
  }

  get state() {
    return this.#line.state;
  }

  get connection() {
    return this.#line.connection;
  }

  join(name, { after } = {}) {
    if (typeof name !== "string" || name === "") throw new TypeError("a topic is a text such as `film:7`");
    let topic = this.#topics.get(name);
    if (!topic) {
      topic = new Topic(name, after, this.#line, this.#options, {
        forget: (topic) => this.#topics.get(name) === topic && this.#topics.delete(name),
        leave: () => this.#leave(name),
      });
      if (this.state === "closed") topic.end(closed());
      else this.#topics.set(name, topic);
    }
    const room = new Room(topic, after);
    // Only now is there somebody who hears what comes of it.
    if (this.state === "idle") this.#line.open();
    else if (this.state === "open" && topic.rooms.size === 1 && topic.state === "joining" && !this.#leaving.has(name)) topic.enter();
    return room;
  }

  on(what, listener) {
    return this.#listeners.add(what, listener);
  }

  once(what, listener) {
    return this.#listeners.add(what, listener, true);
  }

  off(what, listener) {
    this.#listeners.remove(what, listener);
  }

  close() {
    this.#line.end();
  }

  #hear(message) {
    const topic = this.#topics.get(message.topic);
    switch (message.type) {
      case "event":
        return topic?.event(message);
      case "presence":
        return topic?.present(message);
      case "joined":
        return topic?.joined(message);
      case "refused":
        return topic?.refused(message);
      case "gap":
        return topic?.gap(message);
      case "left":
        return message.ref === undefined ? topic?.left(message) : this.#left(message);
      default:
        this.#line.warn("unknown message:", message);
    }
  }

  #leave(topic) {
    const ref = this.#line.ref();
    this.#leaving.set(topic, ref);
    this.#line.send({ type: "leave", ref, topic });
  }

  #left({ topic, ref }) {
    if (this.#leaving.get(topic) !== ref) return;
    this.#leaving.delete(topic);
    // Somebody wants it again.
    this.#topics.get(topic)?.enter();
  }

  // Said too much at once: then the answer to a `join` or a `leave` is none of theirs.
  #failed(ref, problem) {
    this.#each((topic) => topic.refused({ ref, problem }));
    for (const [topic, leaving] of this.#leaving) {
      if (leaving === ref) setTimeout(() => this.#leaving.get(topic) === ref && this.#leave(topic), FIRST_PAUSE);
    }
  }

  #each(act) {
    for (const topic of [...this.#topics.values()]) act(topic);
  }
}

/**
 * The channels of a site. `url` is where they are, `/channels/` of this page if it says nothing. Connects when the first topic is
 * joined, and stays connected until it is closed.
 */
export function connect(url = "/channels/", options = {}) {
  return new Channels(url, options);
}
