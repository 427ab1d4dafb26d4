use std::fmt;

use bytes::Bytes;
use lettre::message::header::ContentType;

use crate::header::value_problem;

/// A file that goes along with a mail.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    pub(crate) name: String,
    pub(crate) content_type: String,
    pub(crate) content: Bytes,
    /// By this the HTML shows it: `<img src="cid:logo">`.
    pub(crate) inline: Option<String>,
}

impl Attachment {
    /// A file of this name; its type is told by the name's ending.
    pub fn new(name: impl Into<String>, content: impl Into<Bytes>) -> Self {
        let name = name.into();
        let guess = mime_guess::from_path(&name).first_or_octet_stream();
        Attachment { content_type: guess.to_string(), name, content: content.into(), inline: None }
    }

    /// With another type: `text/csv; charset=utf-8`.
    #[must_use]
    pub fn content_type(mut self, content_type: impl Into<String>) -> Self {
        self.content_type = content_type.into();
        self
    }

    /// Shown inside of the HTML by this id: `<img src="cid:logo">`.
    #[must_use]
    pub fn inline(mut self, id: impl Into<String>) -> Self {
        self.inline = Some(id.into());
        self
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its type.
    #[must_use]
    pub fn media_type(&self) -> &str {
        &self.content_type
    }

    /// Its bytes.
    #[must_use]
    pub fn content(&self) -> &[u8] {
        &self.content
    }

    /// The id by which the HTML shows it, if it does.
    #[must_use]
    pub fn content_id(&self) -> Option<&str> {
        self.inline.as_deref()
    }

    /// Why it can't be sent.
    pub(crate) fn problem(&self) -> Option<String> {
        if self.name.trim().is_empty() {
            return Some("an attachment needs a name".to_owned());
        }
        if let Some(why) = value_problem(&self.name) {
            return Some(format!("the name of an attachment: {why}"));
        }
        if value_problem(&self.content_type).is_some() || ContentType::parse(&self.content_type).is_err() {
            return Some(format!("the attachment `{}`: {:?} is no media type", self.name, self.content_type));
        }
        let fits = |id: &str| {
            !id.is_empty() && id.bytes().all(|b| b.is_ascii_graphic() && !b"<>\"()[],;:\\".contains(&b))
        };
        match &self.inline {
            Some(id) if !fits(id) => Some(format!(
                "the attachment `{}`: {id:?} is no content id: letters, digits, `.`, `-`, `_`, `@`",
                self.name
            )),
            _ => None,
        }
    }
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Attachment({:?}, {}, {} bytes)", self.name, self.content_type, self.content.len())
    }
}
