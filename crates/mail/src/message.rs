//! A mail as it leaves.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use jiff::Timestamp;
use quintet_core::{Error, Result};

use crate::{Address, Attachment, Mail, mime, parts::Parts, plain::text_of_html};

/// A mail as it leaves: with its sender, its date and all of its parts. Its clones are the same mail.
#[derive(Clone)]
pub struct Message(Arc<Parts>);

/// Letters and digits that nobody guesses.
pub(crate) fn random(bytes: usize) -> Result<String> {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut all = vec![0u8; bytes];
    getrandom::fill(&mut all).map_err(|error| Error::internal(format!("no random numbers: {error}")))?;
    Ok(all
        .iter()
        .map(|byte| char::from(LETTERS.get(usize::from(byte % 32)).copied().unwrap_or(b'a')))
        .collect())
}

impl Message {
    /// The mail, which has been rendered, from this sender at this time.
    ///
    /// # Errors
    /// If something is wrong with it, or nobody gets it.
    pub(crate) fn of(mail: Mail, from: Address, date: Timestamp) -> Result<Self> {
        mail.check()?;
        let Mail { subject, to, cc, bcc, reply_to, text, html, attachments, headers, message_id, .. } = mail;
        let mut recipients: Vec<String> = Vec::new();
        for address in to.iter().chain(&cc).chain(&bcc) {
            if !recipients.iter().any(|known| known.eq_ignore_ascii_case(address.ascii())) {
                recipients.push(address.ascii().to_owned());
            }
        }
        let subject = subject.unwrap_or_default();
        if recipients.is_empty() {
            let why = format!(
                "the mail {subject:?} goes to nobody: say so with `.to(..)`, `.cc(..)` or `.bcc(..)`"
            );
            return Err(Error::internal(why));
        }
        let text = text.or_else(|| html.as_deref().map(text_of_html));
        let id = match message_id {
            Some(id) => id,
            None => format!("<{}@{}>", random(26)?, from.domain().trim_matches(['[', ']'])),
        };
        let mut inner = Parts {
            subject,
            from,
            to,
            cc,
            bcc,
            reply_to,
            text,
            html,
            attachments,
            headers,
            id,
            date,
            recipients,
            bytes: Bytes::new(),
        };
        inner.bytes = mime::form(&inner)?.into();
        Ok(Message(Arc::new(inner)))
    }

    /// What it is about.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.0.subject
    }

    /// Who sends it.
    #[must_use]
    pub fn from(&self) -> &Address {
        &self.0.from
    }

    /// Who gets it.
    #[must_use]
    pub fn to(&self) -> &[Address] {
        &self.0.to
    }

    /// Who gets a copy.
    #[must_use]
    pub fn cc(&self) -> &[Address] {
        &self.0.cc
    }

    /// Who gets a copy of which nobody else knows.
    #[must_use]
    pub fn bcc(&self) -> &[Address] {
        &self.0.bcc
    }

    /// Where answers go.
    #[must_use]
    pub fn reply_to(&self) -> &[Address] {
        &self.0.reply_to
    }

    /// The text: what was given, or what was made of the HTML.
    #[must_use]
    pub fn text(&self) -> &str {
        self.0.text.as_deref().unwrap_or_default()
    }

    /// The HTML, if there is any.
    #[must_use]
    pub fn html(&self) -> Option<&str> {
        self.0.html.as_deref()
    }

    /// The files.
    #[must_use]
    pub fn attachments(&self) -> &[Attachment] {
        &self.0.attachments
    }

    /// Further headers.
    #[must_use]
    pub fn headers(&self) -> &[(String, String)] {
        &self.0.headers
    }

    /// A further header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.0
            .headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Its `Message-ID`, with the brackets.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// When it was made, by the site's clock.
    #[must_use]
    pub fn date(&self) -> Timestamp {
        self.0.date
    }

    /// All to whom it is delivered, each once, as servers know them.
    #[must_use]
    pub fn recipients(&self) -> &[String] {
        &self.0.recipients
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.0
    }

    /// All of it, as it goes over the wire (without those who get it unseen).
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0.bytes
    }
}

fn joined(all: &[Address]) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// What a terminal would take for a command is shown as a sign.
fn calm(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c }).collect()
}

/// As people read it: the head, the text, the names of the files.
impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = "-".repeat(72);
        writeln!(f, "{line}")?;
        writeln!(f, "Subject: {}", self.subject())?;
        writeln!(f, "From: {}", self.from())?;
        for (name, all) in
            [("To", self.to()), ("Cc", self.cc()), ("Bcc", self.bcc()), ("Reply-To", self.reply_to())]
        {
            if !all.is_empty() {
                writeln!(f, "{name}: {}", joined(all))?;
            }
        }
        for (name, value) in self.headers() {
            writeln!(f, "{name}: {value}")?;
        }
        writeln!(f, "Date: {}", self.date())?;
        writeln!(f, "Message-ID: {}", self.id())?;
        for file in self.attachments() {
            writeln!(f, "With: {} ({}, {} bytes)", file.name(), file.media_type(), file.content().len())?;
        }
        writeln!(f, "\n{}", calm(self.text()).trim_end())?;
        f.write_str(&line)
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message({:?} to {})", self.subject(), joined(self.to()))
    }
}
