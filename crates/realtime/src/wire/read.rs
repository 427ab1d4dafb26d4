use std::borrow::Cow;

use quintet_core::{Error, Result};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::layer::ConnectionId;

/// What a client says.
#[derive(Debug)]
pub(crate) enum Said<'m> {
    Join {
        reference: Cow<'m, str>,
        topic: Cow<'m, str>,
        after: Option<Cow<'m, str>>,
        /// The connection by which it was there before.
        was: Option<ConnectionId>,
    },
    Leave {
        reference: Cow<'m, str>,
        topic: Cow<'m, str>,
    },
    Say {
        reference: Option<Cow<'m, str>>,
        topic: Cow<'m, str>,
        data: &'m RawValue,
    },
    Auth {
        reference: Cow<'m, str>,
        token: Cow<'m, str>,
    },
    Ping,
}

impl Said<'_> {
    /// What the answer is to repeat.
    pub(crate) fn reference(&self) -> Option<&str> {
        match self {
            Said::Join { reference, .. } | Said::Leave { reference, .. } | Said::Auth { reference, .. } => {
                Some(reference)
            }
            Said::Say { reference, .. } => reference.as_deref(),
            Said::Ping => None,
        }
    }
}

/// The members of all messages: borrowed, where they have no escapes.
#[derive(Deserialize)]
struct Message<'m> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'m, str>,
    #[serde(rename = "ref", borrow)]
    reference: Option<Cow<'m, str>>,
    #[serde(borrow)]
    topic: Option<Cow<'m, str>>,
    #[serde(borrow)]
    after: Option<Cow<'m, str>>,
    #[serde(borrow)]
    was: Option<Cow<'m, str>>,
    #[serde(borrow)]
    token: Option<Cow<'m, str>>,
    #[serde(borrow)]
    data: Option<&'m RawValue>,
}

/// How long a `ref` may be.
const LONGEST: usize = 64;

/// Why a message can't be read, and the reference that this is to be answered with, if there is one.
type Unread<'m> = (Option<Cow<'m, str>>, Error);

/// Reads a message.
pub(crate) fn read(text: &str) -> Result<Said<'_>, Unread<'_>> {
    let message: Message<'_> = serde_json::from_str(text)
        .map_err(|why| (None, Error::bad_request(format!("The message can't be read: {why}."))))?;
    let Message { kind, reference, topic, after, was, token, data } = message;
    if reference.as_ref().is_some_and(|reference| reference.len() > LONGEST) {
        return Err((None, Error::bad_request("`ref` is longer than 64 characters.")));
    }
    let missing = |name: &str| {
        let why = format!("A message of the type `{kind}` needs `{name}`.");
        (reference.clone(), Error::bad_request(why))
    };
    let wanted = || reference.clone().ok_or_else(|| missing("ref"));
    let named = || match &topic {
        Some(topic) if topic.len() <= crate::pattern::LONGEST => Ok(topic.clone()),
        Some(_) => Err((reference.clone(), Error::not_found("There is no such topic."))),
        None => Err(missing("topic")),
    };
    Ok(match &*kind {
        "join" => Said::Join {
            reference: wanted()?,
            topic: named()?,
            after: after.clone(),
            was: was.as_deref().and_then(|was| was.parse().ok()),
        },
        "leave" => Said::Leave { reference: wanted()?, topic: named()? },
        "say" => Said::Say {
            reference: reference.clone(),
            topic: named()?,
            data: data.ok_or_else(|| missing("data"))?,
        },
        "auth" => Said::Auth { reference: wanted()?, token: token.clone().ok_or_else(|| missing("token"))? },
        "ping" => Said::Ping,
        other => {
            let other: String = other.chars().take(40).collect();
            return Err((
                reference,
                Error::bad_request(format!("There are no messages of the type `{other}`.")),
            ));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_read() {
        let text = r#"{"type":"join","ref":"1","topic":"film:7","after":"a-1","was":"x","more":[1]}"#;
        let Ok(Said::Join { reference, topic, after, was: None }) = read(text) else { panic!("join") };
        assert_eq!((&*reference, &*topic, after.as_deref()), ("1", "film:7", Some("a-1")));
        let escaped = r#"{"type":"say","topic":"caf\u00e9\/1","data":{"event":"typing"}}"#;
        let Ok(Said::Say { reference: None, topic, data }) = read(escaped) else { panic!("say") };
        assert_eq!((&*topic, data.get()), ("café/1", r#"{"event":"typing"}"#));
        assert!(matches!(read(r#"{"type":"ping"}"#), Ok(Said::Ping)));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_reference() {
        for (text, reference, told) in [
            ("", None, "can't be read"),
            ("[]", None, "can't be read"),
            (r#"{"type":7}"#, None, "can't be read"),
            (r#"{"type":"join","topic":"t"}"#, None, "needs `ref`"),
            (r#"{"type":"join","ref":"1"}"#, Some("1"), "needs `topic`"),
            (r#"{"type":"say","ref":"1","topic":"t"}"#, Some("1"), "needs `data`"),
            (r#"{"type":"auth","ref":"1"}"#, Some("1"), "needs `token`"),
            (r#"{"type":"dance","ref":"1"}"#, Some("1"), "no messages of the type `dance`"),
        ] {
            let (found, error) = read(text).unwrap_err();
            assert_eq!(found.as_deref(), reference, "{text}");
            assert_eq!(error.status(), 400);
            assert!(error.to_string().contains(told), "{text}: {error}");
        }
        let long = format!(r#"{{"type":"leave","ref":"1","topic":"{}"}}"#, "x".repeat(300));
        assert_eq!(read(&long).unwrap_err().1.status(), 404);
        let long = format!(r#"{{"type":"leave","ref":"{}","topic":"t"}}"#, "x".repeat(65));
        assert_eq!(read(&long).unwrap_err().1.status(), 400);
    }
}
