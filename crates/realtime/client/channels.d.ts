// The types of channels.js.

/** What all events of a channel have: the name of the variant, in snake_case, beside its fields. */
export interface AnyEvent {
  event: string;
  [field: string]: unknown;
}

/** What went wrong, as of RFC 9457. */
export interface Problem {
  status: number;
  title: string;
  type?: string;
  detail?: string;
  /** What was wrong with the data, and where: `#/text`. */
  errors?: { pointer: string; detail: string }[];
  [member: string]: unknown;
}

/** A place in a topic. Only the server reads it: keep it, send it, compare it with nothing. */
export type Position = string;

/**
 * - `problem`: the server said no; `status` and `problem` tell why
 * - `timeout`: no answer in time. It may have been heard.
 * - `lost`: the connection broke before the answer came. It may have been heard.
 * - `away`: not connected now, and it was `volatile`
 * - `full`: too many wait already
 * - `size`: larger than the server takes; the status is 413
 * - `left`: the room was left
 * - `closed`: the connection is closed for good
 */
export type Reason = "problem" | "timeout" | "lost" | "away" | "full" | "size" | "left" | "closed";

/** Why something was not done. */
export class ChannelError extends Error {
  constructor(reason: Reason, message: string, problem?: Problem);
  readonly name: "ChannelError";
  readonly reason: Reason;
  /** The status of `problem`; 0 if the server has said nothing. */
  readonly status: number;
  readonly problem: Problem | undefined;
}

/**
 * - `idle`: nothing was joined yet
 * - `connecting`, `open`
 * - `away`: the connection is gone; it comes back by itself
 * - `closed`: for good, by `close()`, after a logout or a mistake of this client
 */
export type LineState = "idle" | "connecting" | "open" | "away" | "closed";

/**
 * - `joining`: asked for, or will be asked for once there is a connection
 * - `joined`: events are heard
 * - `refused`: `problem` tells why. Joining it again asks again.
 * - `away`: the connection is gone; the room comes back with it, and hears what it missed
 * - `left`: by `leave()`, by the server (`problem` may tell why), or because the connection is closed for good
 */
export type RoomState = "joining" | "joined" | "refused" | "away" | "left";

/** Takes a listener off again. */
export type Off = () => void;

export interface Bye {
  /** Others may come. */
  reason: "restart" | "logout" | "slow" | "expired" | "rate" | "idle" | (string & {});
  /** Milliseconds between which it connects again; none if it doesn't. */
  retry: { from: number; to: number } | undefined;
}

export interface LineEvents {
  state: (state: LineState) => void;
  /** The server ends the connection. On `logout` a page had better load again. */
  bye: (bye: Bye) => void;
  /** A ticket that was not to be had or was refused, an address that can't be one, a message that the server could not understand. */
  error: (error: ChannelError | Error) => void;
}

export interface Options {
  /** A ticket of this user, for a site of another origin. Asked for at each connection; none connects as nobody. */
  token?: () => string | null | undefined | Promise<string | null | undefined>;
  /** How long `say` waits for an answer, in milliseconds, counted from the call; 10,000. `Infinity` waits until the connection is lost. */
  timeout?: number;
  /** How many messages of a room wait for the connection; 50. */
  queue?: number;
  /** Warns on the console of messages that it can't read. */
  debug?: boolean;
  /** Another WebSocket than the global one. */
  WebSocket?: new (url: string, protocol: string) => WebSocket;
}

export interface JoinOptions {
  /** The position that the page was made at: what was said since then comes first. */
  after?: Position;
}

export interface SayOptions {
  /** Milliseconds, instead of those of the options. */
  timeout?: number;
  /** Now or never: fails at once if there is no connection, instead of waiting for it. */
  volatile?: boolean;
}

/** Where an event stands. */
export interface About {
  topic: string;
  /** None if the event is not kept. */
  at: Position | undefined;
}

/** One connection that is in a topic. */
export interface Here<Meta> {
  id: string;
  meta: Meta;
}

export interface PresenceChange<Meta> {
  joins: Here<Meta>[];
  /** Others know something else of them than `before`. */
  updates: (Here<Meta> & { before: Meta })[];
  leaves: Here<Meta>[];
}

/** Somebody, with all their connections. */
export interface Person<Meta, Key = unknown> {
  key: Key;
  /** That of the connection which was there first. */
  meta: Meta;
  metas: Meta[];
  ids: string[];
}

/** Who is in a topic: what is known of each, by the id of their connection. */
export interface Presence<Meta = unknown> extends ReadonlyMap<string, Meta> {
  /**
   * Each person once, however many pages they have open. By itself a person is what is known of them, where that is a text or a number,
   * or its `key`; where there is none each connection is a person.
   */
  list(): Person<Meta>[];
  list<Key>(by: (meta: Meta, id: string) => Key): Person<Meta, Key | string>[];
}

/** The names of a channel's events. */
export type EventName<Heard> = Heard extends { event: infer Name extends string } ? Name : never;

/** The event of that name. */
export type EventOf<Heard, Name> = Heard extends { event: infer Own } ? (Name extends Own ? Heard : never) : never;

/**
 * A topic, as one part of a page holds it. `Heard` are the events that come, `Said` those that go, each a union told apart by `event`;
 * `Meta` is what is known of who is there.
 */
export interface Room<Heard = AnyEvent, Said = AnyEvent, Meta = unknown> {
  readonly topic: string;
  readonly state: RoomState;
  /** Why it was refused, or why the server has ended it. */
  readonly problem: Problem | undefined;
  /** The last position heard. */
  readonly at: Position | undefined;
  /** Who is there, if this page may see it. The same object all the time, as of the last news. */
  readonly presence: Presence<Meta>;

  /** Hears the events of that name; `"*"` hears all. */
  on<Name extends EventName<Heard>>(event: Name, listener: (data: EventOf<Heard, Name>, about: About) => void): Off;
  on(event: "*", listener: (data: Heard, about: About) => void): Off;
  /** Hears the next one only. */
  once<Name extends EventName<Heard>>(event: Name, listener: (data: EventOf<Heard, Name>, about: About) => void): Off;
  once(event: "*", listener: (data: Heard, about: About) => void): Off;
  /** Hears it no more; without a listener, nobody of this room does. */
  off(event: EventName<Heard> | "*", listener?: (data: never, about: About) => void): void;

  /** Events were missed that are not kept any more: load again what the page shows. */
  onGap(listener: (gap: { at: Position | undefined }) => void): Off;
  /** Somebody has come or gone, also while the connection was away. */
  onPresence(listener: (change: PresenceChange<Meta>) => void): Off;
  onState(listener: (state: RoomState) => void): Off;

  /**
   * Says something; the promise has what the channel answers with, if anything, or fails with a `ChannelError`. While there is no
   * connection it waits, up to `timeout`. Nothing is said twice. A failure that nobody looks at is no unhandled rejection.
   */
  say<Reply = unknown>(data: Said, options?: SayOptions): Promise<Reply>;

  /** Takes this room's listeners off. The topic is left when the last room of it is. */
  leave(): void;
}

export interface Channels {
  readonly state: LineState;
  /** The id of this connection, as in `presence`; another one after each reconnect. */
  readonly connection: string | null;

  /** Joins a topic. Rooms of the same topic share it; each has listeners of its own. */
  join<Heard = AnyEvent, Said = AnyEvent, Meta = unknown>(topic: string, options?: JoinOptions): Room<Heard, Said, Meta>;

  on<What extends keyof LineEvents>(what: What, listener: LineEvents[What]): Off;
  once<What extends keyof LineEvents>(what: What, listener: LineEvents[What]): Off;
  off<What extends keyof LineEvents>(what: What, listener?: LineEvents[What]): void;

  /** Ends the connection and all rooms, for good. */
  close(): void;
}

/**
 * The channels of a site. `url` is where they are, `/channels/` of this page if it says nothing; `http` and `https` are taken for `ws`
 * and `wss`. Connects when the first topic is joined.
 */
export function connect(url?: string | URL, options?: Options): Channels;
