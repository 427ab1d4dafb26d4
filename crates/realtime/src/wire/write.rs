//! What clients hear. What a program has said is JSON already and is put in as it is; names of topics and the like are encoded here.

use std::fmt;

use bytes::Bytes;
use quintet_core::Error;
use serde_json::{Map, Value, json, value::RawValue};

use super::Bye;
use crate::layer::{ConnectionId, Here, Position};

/// A text that stands in JSON.
struct Text<'t>(&'t str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A text always becomes JSON.
        f.write_str(&serde_json::to_string(self.0).map_err(|_| fmt::Error)?)
    }
}

/// JSON of ours or of a program; what is none of UTF-8 comes from nowhere.
fn plain(data: &[u8]) -> &str {
    std::str::from_utf8(data).unwrap_or("null")
}

fn bytes(text: String) -> Bytes {
    Bytes::from(text)
}

/// `ping` in milliseconds, `most` in bytes.
pub(crate) fn hello(id: ConnectionId, ping: u128, most: usize) -> Bytes {
    bytes(format!(r#"{{"type":"hello","connection":"{id}","ping":{ping},"max_message":{most}}}"#))
}

pub(crate) fn event(topic: &str, at: Option<Position>, data: &[u8]) -> Bytes {
    let topic = Text(topic);
    bytes(match at {
        Some(at) => format!(r#"{{"type":"event","topic":{topic},"at":"{at}","data":{}}}"#, plain(data)),
        None => format!(r#"{{"type":"event","topic":{topic},"data":{}}}"#, plain(data)),
    })
}

pub(crate) fn gap(topic: &str, at: Position) -> Bytes {
    bytes(format!(r#"{{"type":"gap","topic":{},"at":"{at}"}}"#, Text(topic)))
}

/// Some who are present.
pub(crate) struct Present<'p>(pub(crate) &'p mut dyn Iterator<Item = &'p Here>);

impl Present<'_> {
    fn list(self) -> String {
        let mut text = String::from("[");
        for here in self.0 {
            if text.len() > 1 {
                text.push(',');
            }
            text.push_str(&format!(r#"{{"id":"{}","meta":{}}}"#, here.id, plain(&here.meta)));
        }
        text + "]"
    }
}

pub(crate) fn joined(reference: &str, topic: &str, at: Position, here: Option<Present<'_>>) -> Bytes {
    let here = here.map(|here| format!(r#","here":{}"#, here.list())).unwrap_or_default();
    bytes(format!(
        r#"{{"type":"joined","ref":{},"topic":{},"at":"{at}"{here}}}"#,
        Text(reference),
        Text(topic)
    ))
}

pub(crate) enum Who<'p> {
    Changed(Present<'p>, &'p [ConnectionId]),
    All(Present<'p>),
}

pub(crate) fn presence(topic: &str, who: Who<'_>) -> Bytes {
    let topic = Text(topic);
    bytes(match who {
        Who::Changed(joins, leaves) => {
            let leaves: Vec<String> = leaves.iter().map(|id| format!("\"{id}\"")).collect();
            let (joins, leaves) = (joins.list(), leaves.join(","));
            format!(r#"{{"type":"presence","topic":{topic},"joins":{joins},"leaves":[{leaves}]}}"#)
        }
        Who::All(here) => format!(r#"{{"type":"presence","topic":{topic},"here":{}}}"#, here.list()),
    })
}

/// What went wrong, as of RFC 9457.
pub(crate) fn problem(error: &Error) -> Value {
    let status = error.status();
    let title = status.canonical_reason().unwrap_or("Error");
    let mut problem = Map::new();
    problem.insert("status".into(), status.as_u16().into());
    problem.insert("title".into(), title.into());
    match error.field_errors() {
        Some(fields) => {
            let told = fields.iter().map(|field| {
                let pointer = quintet_web::rt::pointer(&field.field);
                json!({ "pointer": pointer, "detail": field.message })
            });
            problem.insert("errors".into(), told.collect());
        }
        None => {
            let detail = error.public_message();
            if detail != title {
                problem.insert("detail".into(), detail.into());
            }
        }
    }
    Value::Object(problem)
}

pub(crate) fn refused(reference: &str, topic: &str, error: &Error) -> Bytes {
    let (reference, topic) = (Text(reference), Text(topic));
    bytes(format!(r#"{{"type":"refused","ref":{reference},"topic":{topic},"problem":{}}}"#, problem(error)))
}

pub(crate) fn reply(reference: &str, outcome: Result<Option<&RawValue>, &Error>) -> Bytes {
    let reference = Text(reference);
    bytes(match outcome {
        Ok(None) => format!(r#"{{"type":"reply","ref":{reference}}}"#),
        Ok(Some(data)) => format!(r#"{{"type":"reply","ref":{reference},"data":{}}}"#, data.get()),
        Err(error) => format!(r#"{{"type":"reply","ref":{reference},"problem":{}}}"#, problem(error)),
    })
}

pub(crate) fn left(reference: Option<&str>, topic: &str, error: Option<&Error>) -> Bytes {
    let mut text = format!(r#"{{"type":"left","topic":{}"#, Text(topic));
    if let Some(reference) = reference {
        text += &format!(r#","ref":{}"#, Text(reference));
    }
    if let Some(error) = error {
        text += &format!(r#","problem":{}"#, problem(error));
    }
    bytes(text + "}")
}

pub(crate) fn error(reference: Option<&str>, error: &Error) -> Bytes {
    let reference = reference.map(|reference| format!(r#","ref":{}"#, Text(reference))).unwrap_or_default();
    bytes(format!(r#"{{"type":"error"{reference},"problem":{}}}"#, problem(error)))
}

pub(crate) fn bye(why: Bye) -> Bytes {
    let retry = why.retry().map(|[from, to]| format!(r#","retry":[{from},{to}]"#)).unwrap_or_default();
    bytes(format!(r#"{{"type":"bye","reason":"{}"{retry}}}"#, why.name()))
}

pub(crate) fn pong() -> Bytes {
    Bytes::from_static(br#"{"type":"pong"}"#)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(message: Bytes) -> Value {
        serde_json::from_slice(&message).unwrap()
    }

    fn at(offset: u64) -> Position {
        Position { epoch: 0xa1, offset }
    }

    #[test]
    fn every_message_is_json_whatever_the_names_are() {
        let topic = "fi\"lm:\u{1f3ac}\n";
        let here = [Here { id: ConnectionId(1), meta: Bytes::from_static(b"{\"n\":1}") }];
        let one = "00000000000000000000000000000001";
        assert_eq!(
            read(hello(ConnectionId(1), 25_000, 65_536)),
            json!({"type":"hello","connection":one,"ping":25000,"max_message":65536})
        );
        assert_eq!(
            read(event(topic, Some(at(3)), b"{\"event\":\"x\"}")),
            json!({"type":"event","topic":topic,"at":"a1-3","data":{"event":"x"}})
        );
        assert_eq!(read(event(topic, None, b"7")), json!({"type":"event","topic":topic,"data":7}));
        assert_eq!(read(gap(topic, at(9))), json!({"type":"gap","topic":topic,"at":"a1-9"}));
        assert_eq!(
            read(joined("\"1", topic, at(0), Some(Present(&mut here.iter())))),
            json!({"type":"joined","ref":"\"1","topic":topic,"at":"a1-0","here":[{"id":one,"meta":{"n":1}}]})
        );
        assert_eq!(
            read(presence(topic, Who::Changed(Present(&mut here.iter()), &[ConnectionId(1)]))),
            json!({"type":"presence","topic":topic,"joins":[{"id":one,"meta":{"n":1}}],"leaves":[one]})
        );
        assert_eq!(
            read(presence(topic, Who::All(Present(&mut [].iter())))),
            json!({"type":"presence","topic":topic,"here":[]})
        );
        let refusal = Error::forbidden("Not for you.");
        let told = json!({"status":403,"title":"Forbidden","detail":"Not for you."});
        assert_eq!(
            read(refused("1", topic, &refusal)),
            json!({"type":"refused","ref":"1","topic":topic,"problem":told})
        );
        assert_eq!(
            read(left(Some("1"), topic, Some(&refusal))),
            json!({"type":"left","ref":"1","topic":topic,"problem":told})
        );
        assert_eq!(read(left(None, topic, None)), json!({"type":"left","topic":topic}));
        assert_eq!(read(reply("1", Err(&refusal))), json!({"type":"reply","ref":"1","problem":told}));
        assert_eq!(read(reply("1", Ok(None))), json!({"type":"reply","ref":"1"}));
        assert_eq!(read(error(None, &refusal)), json!({"type":"error","problem":told}));
        assert_eq!(read(bye(Bye::Slow)), json!({"type":"bye","reason":"slow","retry":[0,1000]}));
        assert_eq!(read(bye(Bye::Logout)), json!({"type":"bye","reason":"logout"}));
        assert_eq!(read(pong()), json!({"type":"pong"}));
    }

    #[test]
    fn what_is_not_for_the_client_is_not_told() {
        let inner = problem(&Error::internal("the password of the database is x"));
        assert_eq!(inner, json!({"status":500,"title":"Internal Server Error"}));
        let mut fields = quintet_core::FieldErrors::new();
        fields.push("people.0.name", "Too long.");
        let told = problem(&Error::invalid(fields));
        assert_eq!(told["errors"], json!([{"pointer":"#/people/0/name","detail":"Too long."}]));
    }
}
