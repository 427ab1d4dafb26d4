// Channels for pages without a script of their own: an element with `data-channel` hears a topic, and what is said there are events of
// the element, which htmx and others act on. No attribute is run as a script, so that every content security policy allows it.
//
//   <section data-channel="film:7" data-after="5f2a-12" hx-get="/films/7/reviews/" hx-trigger="channel:review, channel-gap">
//
//   import { connect } from "channels";
//   import { listen } from "channels-html";
//   listen(connect());
//
// `channel:NAME` is an event of the topic, its data in `detail`; `channel-gap`, `channel-presence` and `channel-state` are what a room
// tells by itself. `data-state` of the element says how the room is, for style sheets.

// Who acts upon the events of an element has to look at it first. htmx does so when a page is there, and with what it puts into one
// only when that has settled, 20 ms later.
const SETTLING = ".htmx-settling";
const loaded = () => performance.getEntriesByType("navigation")[0]?.domContentLoadedEventEnd !== 0;

/** Hears for all elements below `root`, those that come later too. Answers with how to stop. */
export function listen(channels, root = document) {
  const rooms = new Map();
  // What is to be told to elements that nobody has looked at yet.
  const kept = new Map();
  const stopped = new AbortController();
  let there = loaded();

  const enter = (element) => {
    const room = channels.join(element.dataset.channel, { after: element.dataset.after || undefined });
    if (!there || element.closest(SETTLING)) kept.set(element, []);
    const tell = (name, detail) => {
      const event = new CustomEvent(name, { detail });
      const before = kept.get(element);
      if (before) before.push(event);
      else element.dispatchEvent(event);
    };
    const show = (state) => {
      element.dataset.state = state;
    };
    show(room.state);
    room.on("*", (data) => typeof data?.event === "string" && tell(`channel:${data.event}`, data));
    room.onGap((gap) => tell("channel-gap", gap));
    room.onPresence((change) => tell("channel-presence", { ...change, presence: room.presence }));
    room.onState((state) => {
      show(state);
      tell("channel-state", { state, problem: room.problem });
    });
    rooms.set(element, room);
  };

  const settle = () => {
    if (!there) return;
    for (const [element, events] of [...kept]) {
      if (element.closest(SETTLING)) continue;
      kept.delete(element);
      for (const event of events) element.dispatchEvent(event);
    }
  };

  const look = () => {
    // What was there before leaves last: of an element that another one took the place of, the topic goes on.
    const before = [...rooms].filter(([element, room]) => !root.contains(element) || element.dataset.channel !== room.topic);
    for (const [element] of before) {
      rooms.delete(element);
      kept.delete(element);
    }
    for (const element of root.querySelectorAll("[data-channel]")) if (element.dataset.channel && !rooms.has(element)) enter(element);
    for (const [, room] of before) room.leave();
  };

  const observer = new MutationObserver(look);
  observer.observe(root, { subtree: true, childList: true, attributeFilter: ["data-channel"] });
  document.addEventListener("htmx:afterSettle", settle, { signal: stopped.signal });
  if (!there) {
    // After all others that wait for it.
    const begin = () => setTimeout(() => ((there = true), settle()));
    document.addEventListener("DOMContentLoaded", begin, { signal: stopped.signal });
  }
  look();
  return () => {
    stopped.abort();
    observer.disconnect();
    kept.clear();
    for (const room of rooms.values()) room.leave();
    rooms.clear();
  };
}
