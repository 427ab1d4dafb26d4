// The types of channels-html.js.
import type { Channels } from "./channels.js";

/** Hears for all elements with `data-channel` below `root`, those that come later too. Answers with how to stop. */
export function listen(channels: Channels, root?: Document | Element): () => void;
