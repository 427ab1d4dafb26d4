// How a site in TypeScript uses the client. Compiled by types.test.mjs, never run: what must not compile stands behind @ts-expect-error.
import { ChannelError, connect, type Bye, type Channels, type Problem, type Room } from "quintet-channels";
import { listen } from "quintet-channels/html";

type News =
  | { event: "comment"; by: string; text: string }
  | { event: "typing"; by: string }
  | { event: "review"; stars: number; text: string };
type Say = { event: "comment"; text: string } | { event: "typing" };
type Visitor = { key: number; name: string };

const channels: Channels = connect();
connect("/live/");
connect(new URL("wss://other.example/channels/"), { token: async () => "ticket", timeout: 5000, queue: 10, debug: true, WebSocket });
connect(undefined, { token: () => null });
// @ts-expect-error: not an option
connect("/channels/", { retries: 3 });

const room = channels.join<News, Say, Visitor>("film:7", { after: "5f2a-12" });

const off: () => void = room.on("comment", (data, { at, topic }) => {
  const by: string = data.by;
  const where: string | undefined = at;
  console.log(by, data.text, where, topic);
  // @ts-expect-error: a comment has no stars
  data.stars;
});
off();
room.once("review", ({ stars }) => console.log(stars.toFixed(1)));
room.on("*", (data) => {
  if (data.event === "review") console.log(data.stars);
  // @ts-expect-error: not all events have a text
  data.text;
});
// @ts-expect-error: there is no such event
room.on("coment", () => {});
const listener = (data: { event: "typing"; by: string }) => console.log(data.by);
room.on("typing", listener);
room.off("typing", listener);
room.off("comment");
// @ts-expect-error: there is no such event
room.off("coment");

room.onGap(({ at }) => console.log(at?.length));
room.onState((state) => {
  if (state === "refused") {
    const problem: Problem | undefined = room.problem;
    console.log(problem?.status, problem?.errors?.[0]?.pointer);
  }
  // @ts-expect-error: there is no such state
  if (state === "gone") console.log(state);
});
room.onPresence(({ joins, updates, leaves }) => {
  for (const { id, meta } of [...joins, ...leaves]) console.log(id, meta.name);
  for (const { meta, before } of updates) console.log(before.name, meta.name);
});
for (const [id, meta] of room.presence) console.log(id, meta.name, room.presence.get(id)?.key);
for (const { key, meta, metas, ids } of room.presence.list()) console.log(key, meta.name, metas.length, ids.length);
const people: (string | number)[] = room.presence.list((meta, id) => (id ? meta.key : 0)).map((person) => person.key);
// @ts-expect-error: it is read only
room.presence.set("1", { key: 1, name: "ana" });

async function say(room: Room<News, Say>): Promise<number | undefined> {
  try {
    await room.say({ event: "typing" }, { volatile: true });
    // @ts-expect-error: a comment has a text
    await room.say({ event: "comment" });
    const { id } = await room.say<{ id: number }>({ event: "comment", text: "!" }, { timeout: 1000 });
    return id;
  } catch (error) {
    if (error instanceof ChannelError && error.reason === "problem" && error.status === 422) console.log(error.problem?.detail);
    return undefined;
  }
}
void say(room as Room<News, Say>);
room.leave();
// @ts-expect-error: the server says where
room.at = "5f2a-13";

// Without types of its own, a channel's events have a name and something else.
const any = channels.join("film:8");
any.on("whatever", (data) => {
  const name: string = data.event;
  const text: unknown = data.text;
  console.log(name, text);
});
void any.say({ event: "hello", to: ["everybody"] });
// @ts-expect-error: an event has a name
void any.say({ to: "everybody" });

channels.on("state", (state) => state === "away" && console.log(channels.connection?.length));
channels.on("bye", ({ reason, retry }: Bye) => {
  if (reason === "logout") console.log(retry?.from);
});
channels.once("error", (error) => console.log(error.message));
channels.off("error");
// @ts-expect-error: a connection has no events of topics
channels.on("comment", () => {});
channels.close();

const stop: () => void = listen(channels);
listen(channels, document.body);
// @ts-expect-error: it needs channels
listen(document);
stop();

export { people };
