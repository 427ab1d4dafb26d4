//! What the servers speak over a WebSocket.

use std::str::FromStr;

use memchr::memmem;

/// What a message of the server means.
#[derive(Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The client is to answer this.
    Answer(String),
    /// It is in its room.
    Inside,
    /// Somebody has said the message with this number.
    Said(u64),
    /// Nothing that matters here: who has come, an answer.
    Else,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// `quintet.v1`, as docs/channels-protocol.md says.
    Quintet,
    /// The room is in the path, `in` is the first thing that the server says, and all else is what somebody has said.
    Plain,
    /// Engine.IO 4 and Socket.IO 5, without long polling before it.
    SocketIo,
}

impl FromStr for Dialect {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "quintet" => Ok(Dialect::Quintet),
            "plain" => Ok(Dialect::Plain),
            "socket.io" => Ok(Dialect::SocketIo),
            _ => Err(format!("there is no dialect `{name}`, only quintet, plain and socket.io")),
        }
    }
}

/// So much is said with each number: a line of a chat.
const LINE: &str = "The quick brown fox jumps over the lazy dog, and nobody minds.";

impl Dialect {
    pub fn path(self, room: usize) -> String {
        match self {
            Dialect::Quintet => "/channels/".into(),
            Dialect::Plain => format!("/ws/{room}"),
            Dialect::SocketIo => "/socket.io/?EIO=4&transport=websocket".into(),
        }
    }

    /// The subprotocol that is offered.
    pub fn protocol(self) -> Option<&'static str> {
        (self == Dialect::Quintet).then_some("quintet.v1")
    }

    pub fn say(self, number: u64) -> String {
        match self {
            Dialect::Quintet => format!(
                r#"{{"type":"say","topic":"room:0","data":{{"event":"line","n":{number},"text":"{LINE}"}}}}"#
            ),
            Dialect::Plain => format!(r#"{{"event":"line","n":{number},"text":"{LINE}"}}"#),
            Dialect::SocketIo => format!(r#"42["line",{{"room":"0","n":{number},"text":"{LINE}"}}]"#),
        }
    }

    /// What this message of the server means to a client of a room.
    pub fn read(self, text: &str, room: usize) -> Result<Meaning, String> {
        let starts = |with: &str| text.starts_with(with);
        match self {
            Dialect::Quintet if starts(r#"{"type":"hello""#) => {
                Ok(Meaning::Answer(format!(r#"{{"type":"join","ref":"1","topic":"room:{room}"}}"#)))
            }
            Dialect::Quintet if starts(r#"{"type":"joined""#) => Ok(Meaning::Inside),
            Dialect::Quintet if starts(r#"{"type":"event""#) => said(text),
            Dialect::Quintet if starts(r#"{"type":"presence""#) => Ok(Meaning::Else),
            Dialect::Plain if text == "in" => Ok(Meaning::Inside),
            Dialect::Plain => said(text),
            Dialect::SocketIo if starts("0{") => Ok(Meaning::Answer("40".into())),
            Dialect::SocketIo if starts("40") => Ok(Meaning::Answer(format!(r#"420["join","{room}"]"#))),
            Dialect::SocketIo if starts("430") => Ok(Meaning::Inside),
            Dialect::SocketIo if starts("42") => said(text),
            Dialect::SocketIo if text == "2" => Ok(Meaning::Answer("3".into())),
            _ => Err(format!("it says what nobody has asked for: {text}")),
        }
    }
}

fn said(text: &str) -> Result<Meaning, String> {
    let number = || {
        let start = memmem::find(text.as_bytes(), b"\"n\":")? + 4;
        let digits = text.get(start..)?.split_once(',')?.0;
        text.contains(LINE).then_some(digits)?.trim().parse().ok()
    };
    number().map(Meaning::Said).ok_or_else(|| format!("that is not what was said: {text}"))
}
