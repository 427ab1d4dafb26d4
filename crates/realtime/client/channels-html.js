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

/** Hears for all elements below `root`, those that come later too. Answers with how to stop. */
export function listen(channels, root = document) {
  const rooms = new Map();

  const enter = (element) => {
    const room = channels.join(element.dataset.channel, { after: element.dataset.after || undefined });
    const tell = (name, detail) => element.dispatchEvent(new CustomEvent(name, { detail }));
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

  const look = () => {
    // What was there before leaves last: of an element that another one took the place of, the topic goes on.
    const before = [...rooms].filter(([element, room]) => !root.contains(element) || element.dataset.channel !== room.topic);
    for (const [element] of before) rooms.delete(element);
    for (const element of root.querySelectorAll("[data-channel]")) if (element.dataset.channel && !rooms.has(element)) enter(element);
    for (const [, room] of before) room.leave();
  };

  const observer = new MutationObserver(look);
  observer.observe(root, { subtree: true, childList: true, attributeFilter: ["data-channel"] });
  look();
  return () => {
    observer.disconnect();
    for (const room of rooms.values()) room.leave();
    rooms.clear();
  };
}
