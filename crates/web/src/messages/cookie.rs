//! Messages between two requests: a signed cookie.

use std::time::Duration;

use http::HeaderValue;
use quintet_core::{Result, signing::Signer};

use super::{Level, Message};

pub(super) const NAME: &str = "messages";

/// Browsers keep at least 4096 bytes of a cookie, its name and attributes among them.
const LARGEST: usize = 3500;

/// What nobody has looked at for so long is no news.
const OLDEST: Duration = Duration::from_secs(7 * 24 * 3600);

/// Level, text, and tags if there are some.
type Coded = (u8, String, String);

/// The messages in a cookie; none if somebody has changed it.
pub(super) fn read(signer: &Signer, value: &str) -> Vec<Message> {
    let coded: Vec<Coded> = signer.loads(value, OLDEST).unwrap_or_default();
    coded
        .into_iter()
        .map(|(level, text, tags)| Message { level: Level::of_number(level), text, tags })
        .collect()
}

/// The header that keeps these messages, the latest of them if they are too much for a cookie; of none, the header that drops the
/// cookie.
pub(super) fn write(signer: &Signer, messages: &[Message], secure: bool) -> Result<HeaderValue> {
    let attributes =
        if secure { "; Path=/; HttpOnly; SameSite=Lax; Secure" } else { "; Path=/; HttpOnly; SameSite=Lax" };
    let mut kept: Vec<Coded> =
        messages.iter().map(|m| (m.level.number(), m.text.clone(), m.tags.clone())).collect();
    while !kept.is_empty() {
        let value = signer.dumps(&kept)?;
        if value.len() <= LARGEST {
            return Ok(HeaderValue::try_from(format!("{NAME}={value}{attributes}"))?);
        }
        let (_, text, _) = kept.remove(0);
        let start: String = text.chars().take(60).collect();
        tracing::warn!(
            message = start,
            "a message is dropped: more than a cookie holds was waiting to be shown"
        );
    }
    Ok(HeaderValue::try_from(format!("{NAME}=; Max-Age=0{attributes}"))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use quintet_core::settings::Secret;

    fn signer() -> Signer {
        Signer::new(Secret::new("k")).purpose("messages")
    }

    fn value(header: &HeaderValue) -> String {
        let text = header.to_str().unwrap();
        text.split(';').next().unwrap().strip_prefix("messages=").unwrap().to_owned()
    }

    #[test]
    fn messages_come_back_as_they_were() {
        let messages = [Message::error("Ö; =\r\n\"<b>").tags("a b"), Message::info("")];
        let header = write(&signer(), &messages, false).unwrap();
        assert!(header.to_str().unwrap().ends_with("; Path=/; HttpOnly; SameSite=Lax"), "{header:?}");
        assert_eq!(read(&signer(), &value(&header)), messages);
        assert!(write(&signer(), &messages, true).unwrap().to_str().unwrap().ends_with("; Secure"));
        assert_eq!(
            write(&signer(), &[], false).unwrap(),
            "messages=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax"
        );
    }

    #[test]
    fn what_was_changed_is_nothing() {
        let mut text = value(&write(&signer(), &[Message::info("x")], false).unwrap());
        assert!(read(&signer().purpose("other"), &text).is_empty());
        text.insert(3, 'x');
        assert!(read(&signer(), &text).is_empty() && read(&signer(), "").is_empty());
    }

    #[test]
    fn the_oldest_go_when_there_are_too_many() {
        let many: Vec<Message> = (0..100).map(|n| Message::info(format!("{n} {}", "x".repeat(80)))).collect();
        let header = write(&signer(), &many, true).unwrap();
        assert!(header.len() < 4096, "{}", header.len());
        let kept = read(&signer(), &value(&header));
        assert!(kept.len() > 10 && kept == many[100 - kept.len()..], "{}", kept.len());
        let too_long = [Message::info("y".repeat(5000))];
        assert!(write(&signer(), &too_long, true).unwrap().to_str().unwrap().contains("Max-Age=0"));
    }
}
