//! From the parts of a mail to its lines.

use std::time::SystemTime;

use lettre::{
    Address as Plain, Message as Lines,
    address::Envelope,
    message::{
        Attachment as File, Mailbox, MultiPart, SinglePart,
        header::{ContentType, HeaderName, HeaderValue},
    },
};
use quintet_core::{Error, Result};

use crate::{Address, Attachment, parts::Parts};

/// The mail as it goes over the wire.
///
/// # Errors
/// If a part can't be formed: what gets here was checked, so that is a fault of this room.
pub(crate) fn form(message: &Parts) -> Result<Vec<u8>> {
    let mut head = Lines::builder()
        .message_id(Some(message.id.clone()))
        .date(SystemTime::from(message.date))
        .from(mailbox(&message.from)?)
        .subject(message.subject.clone());
    for address in &message.to {
        head = head.to(mailbox(address)?);
    }
    for address in &message.cc {
        head = head.cc(mailbox(address)?);
    }
    for address in &message.reply_to {
        head = head.reply_to(mailbox(address)?);
    }
    for (name, value) in &message.headers {
        let name = HeaderName::new_from_ascii(name.clone()).map_err(|_| impossible(name))?;
        head = head.raw_header(HeaderValue::new(name, value.clone()));
    }
    let head = head.envelope(envelope(message)?);
    let formed = match body(message)? {
        Body::One(part) => head.singlepart(part),
        Body::Several(parts) => head.multipart(parts),
    };
    Ok(formed.map_err(|error| Error::internal(format!("the mail can't be formed: {error}")))?.formatted())
}

fn impossible(what: &str) -> Error {
    Error::internal(format!("`{what}` can't stand in a mail"))
}

pub(crate) fn plain(address: &str) -> Result<Plain> {
    // What is no address was found out when it was given.
    let (local, domain) = address.rsplit_once('@').ok_or_else(|| impossible(address))?;
    Ok(Plain::new_dangerous(local, domain))
}

fn mailbox(address: &Address) -> Result<Mailbox> {
    Ok(Mailbox::new(address.name().map(str::to_owned), plain(address.ascii())?))
}

pub(crate) fn envelope(message: &Parts) -> Result<Envelope> {
    let to = message.recipients.iter().map(|to| plain(to)).collect::<Result<Vec<_>>>()?;
    Ok(Envelope::new(Some(plain(message.from.ascii())?), to)?)
}

enum Body {
    One(SinglePart),
    Several(MultiPart),
}

/// The text and the HTML beside each other, with what the HTML shows; and behind them the files.
fn body(message: &Parts) -> Result<Body> {
    let (inline, files): (Vec<_>, Vec<_>) =
        message.attachments.iter().partition(|file| file.inline.is_some() && message.html.is_some());
    let text = || SinglePart::plain(message.text.clone().unwrap_or_default());
    let words = match &message.html {
        None => Body::One(text()),
        Some(html) => {
            let html = SinglePart::html(html.clone());
            let both = MultiPart::alternative().singlepart(text());
            Body::Several(if inline.is_empty() {
                both.singlepart(html)
            } else {
                let mut shown = MultiPart::related().singlepart(html);
                for file in inline {
                    shown = shown.singlepart(part(file)?);
                }
                both.multipart(shown)
            })
        }
    };
    if files.is_empty() {
        return Ok(words);
    }
    let mut all = match words {
        Body::One(text) => MultiPart::mixed().singlepart(text),
        Body::Several(parts) => MultiPart::mixed().multipart(parts),
    };
    for file in files {
        all = all.singlepart(part(file)?);
    }
    Ok(Body::Several(all))
}

fn part(file: &Attachment) -> Result<SinglePart> {
    let kind = ContentType::parse(&file.content_type).map_err(|_| impossible(&file.content_type))?;
    let head = match &file.inline {
        Some(id) => File::new_inline_with_name(id.clone(), file.name.clone()),
        None => File::new(file.name.clone()),
    };
    Ok(head.body(file.content.to_vec(), kind))
}
