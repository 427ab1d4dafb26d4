//! What things are called in Redis. All of a topic has the same part in braces, so that a cluster keeps it in one place:
//!
//! | key | |
//! |---|---|
//! | `prefix:{topic}:top` | hash: `e` the epoch, `o` the last offset, `v` the version of who is present |
//! | `prefix:{topic}:log` | stream: entries `offset-time`, with `d` the data and `x` who does not hear it |
//! | `prefix:{topic}:here` | hash: a connection's id to since when, by which node, and its data |
//! | `prefix:nodes` | sorted set: nodes by when they are taken for dead |
//! | `prefix:node:id` | set: topics in which somebody is present by a node |
//! | `prefix:{topic}` | the channel |
use percent_encoding::{AsciiSet, CONTROLS, percent_encode};

use crate::layer::served::NodeId;

/// Braces of a topic's own would end the part, or make it empty.
const BRACES: AsciiSet = CONTROLS.add(b'{').add(b'}').add(b'%');

pub(super) struct Names {
    prefix: String,
}

impl Names {
    pub(super) fn new(prefix: String) -> Names {
        Names { prefix }
    }

    pub(super) fn channel(&self, topic: &str) -> String {
        format!("{}:{{{}}}", self.prefix, percent_encode(topic.as_bytes(), &BRACES))
    }

    /// The topic of a channel.
    pub(super) fn topic_of<'a>(&self, channel: &'a str) -> Option<std::borrow::Cow<'a, str>> {
        let topic = channel.strip_prefix(&self.prefix)?.strip_prefix(":{")?.strip_suffix('}')?;
        percent_encoding::percent_decode_str(topic).decode_utf8().ok()
    }

    pub(super) fn top(&self, topic: &str) -> String {
        self.channel(topic) + ":top"
    }

    pub(super) fn log(&self, topic: &str) -> String {
        self.channel(topic) + ":log"
    }

    pub(super) fn here(&self, topic: &str) -> String {
        self.channel(topic) + ":here"
    }

    pub(super) fn nodes(&self) -> String {
        format!("{}:nodes", self.prefix)
    }

    pub(super) fn node(&self, node: NodeId) -> String {
        format!("{}:node:{node}", self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_has_one_part_in_braces_and_is_read_again() {
        let names = Names::new("site".to_owned());
        assert_eq!(names.top("film:12"), "site:{film:12}:top");
        for topic in ["film:12", "}{", "{}", "%7B", "ünï %", "\u{1}\r\n"] {
            let channel = names.channel(topic);
            assert_eq!((channel.matches('{').count(), channel.matches('}').count()), (1, 1), "{channel}");
            assert_eq!(names.topic_of(&channel).as_deref(), Some(topic));
        }
        assert_eq!(names.topic_of("other:{a}"), None);
    }
}
