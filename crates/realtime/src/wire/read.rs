use quintet_core::{Error, Result};
use serde::Deserialize;
use serde_json::value::RawValue;

/// What a client says.
#[derive(Debug)]
pub(crate) enum Said<'m> {
    Join { reference: &'m str, topic: &'m str, after: Option<&'m str> },
    Leave { reference: &'m str, topic: &'m str },
    Say { reference: Option<&'m str>, topic: &'m str, data: &'m RawValue },
    Auth { reference: &'m str, token: &'m str },
    Ping,
}

/// The members of all messages. Borrowed: whoever sends escapes in names of topics and references, which have none, is told so.
#[derive(Deserialize)]
struct Message<'m> {
    #[serde(rename = "type")]
    kind: &'m str,
    #[serde(rename = "ref")]
    reference: Option<&'m str>,
    topic: Option<&'m str>,
    after: Option<&'m str>,
    token: Option<&'m str>,
    #[serde(borrow)]
    data: Option<&'m RawValue>,
}

/// How long a `ref` may be.
const LONGEST: usize = 64;

/// Reads a message. An error comes with the reference that it is to be answered with, if there is one.
pub(crate) fn read(text: &str) -> Result<Said<'_>, (Option<&str>, Error)> {
    let message: Message<'_> = serde_json::from_str(text)
        .map_err(|why| (None, Error::bad_request(format!("The message can't be read: {why}."))))?;
    let reference = message.reference.filter(|reference| reference.len() <= LONGEST);
    if message.reference.is_some() != reference.is_some() {
        return Err((None, Error::bad_request("`ref` is longer than 64 characters.")));
    }
    let missing = |name: &str| {
        (reference, Error::bad_request(format!("A message of the type `{}` needs `{name}`.", message.kind)))
    };
    let wanted = || reference.ok_or_else(|| missing("ref"));
    let topic = || match message.topic {
        Some(topic) if topic.len() <= crate::pattern::LONGEST => Ok(topic),
        Some(_) => Err((reference, Error::not_found("There is no such topic."))),
        None => Err(missing("topic")),
    };
    Ok(match message.kind {
        "join" => Said::Join { reference: wanted()?, topic: topic()?, after: message.after },
        "leave" => Said::Leave { reference: wanted()?, topic: topic()? },
        "say" => Said::Say { reference, topic: topic()?, data: message.data.ok_or_else(|| missing("data"))? },
        "auth" => Said::Auth { reference: wanted()?, token: message.token.ok_or_else(|| missing("token"))? },
        "ping" => Said::Ping,
        other => {
            let why = format!(
                "There are no messages of the type `{}`.",
                other.chars().take(40).collect::<String>()
            );
            return Err((reference, Error::bad_request(why)));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_read() {
        let Ok(Said::Join { reference: "1", topic: "film:7", after: Some("a-1") }) =
            read(r#"{"type":"join","ref":"1","topic":"film:7","after":"a-1","more":[1]}"#)
        else {
            panic!("join")
        };
        let Ok(Said::Say { reference: None, topic: "t", data }) =
            read(r#"{"type":"say","topic":"t","data":{"event":"typing"}}"#)
        else {
            panic!("say")
        };
        assert_eq!(data.get(), r#"{"event":"typing"}"#);
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
            assert_eq!(found, reference, "{text}");
            assert_eq!(error.status(), 400);
            assert!(error.to_string().contains(told), "{text}: {error}");
        }
        let long = format!(r#"{{"type":"leave","ref":"1","topic":"{}"}}"#, "x".repeat(300));
        assert_eq!(read(&long).unwrap_err().1.status(), 404);
        let long = format!(r#"{{"type":"leave","ref":"{}","topic":"t"}}"#, "x".repeat(65));
        assert_eq!(read(&long).unwrap_err().1.status(), 400);
    }
}
