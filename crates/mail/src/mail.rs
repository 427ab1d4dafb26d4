//! A mail as it is written.

use std::{borrow::Cow, fmt, sync::Arc};

use quintet_core::{Error, Result, TemplateValue, value::Map};

use crate::{
    Address, Attachment, ToAddresses,
    header::{name_problem, value_problem},
};

/// A mail: written by hand, or of a template (`email!`).
///
/// What is wrong with it (an address that is none, a line break in a header) is told when it is sent, with the field's name; nothing is
/// sent then.
///
/// ```
/// use quintet_core::Result;
/// use quintet_mail::{Attachment, Mail, Mailer};
///
/// async fn thank(email: &str, mailer: &Mailer) -> Result {
///     Mail::new("Thank you, Zoë!")
///         .to(("Zoë", email))
///         .text("We have read your review.")
///         .html("<p>We have <b>read</b> your review.</p>")
///         .attach(Attachment::new("review.txt", "Fine."))
///         .send(mailer)
///         .await
/// }
/// ```
#[derive(Clone, Default)]
#[must_use = "a mail is sent by `.send(..)`"]
pub struct Mail {
    pub(crate) subject: Option<String>,
    pub(crate) from: Option<Address>,
    pub(crate) to: Vec<Address>,
    pub(crate) cc: Vec<Address>,
    pub(crate) bcc: Vec<Address>,
    pub(crate) reply_to: Vec<Address>,
    pub(crate) text: Option<String>,
    pub(crate) html: Option<String>,
    pub(crate) template: Option<Cow<'static, str>>,
    pub(crate) values: Arc<Map>,
    pub(crate) attachments: Vec<Attachment>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) message_id: Option<String>,
    /// What was wrong with what it was given.
    pub(crate) fault: Option<String>,
}

impl Mail {
    /// A mail with this subject.
    pub fn new(subject: impl Into<String>) -> Self {
        Mail::default().subject(subject)
    }

    /// A mail of a template, which has a block `subject`, and may have blocks `html` and `text`; what stands around them is HTML where there
    /// is no block `html`. `email!` checks that there is such a file.
    pub fn template(template: impl Into<Cow<'static, str>>) -> Self {
        Mail { template: Some(template.into()), ..Mail::default() }
    }

    /// With a value for the template.
    pub fn with<T: TemplateValue + ?Sized>(mut self, name: impl Into<Cow<'static, str>>, value: &T) -> Self {
        let name = name.into();
        let values = Arc::make_mut(&mut self.values);
        values.retain(|(known, _)| *known != name);
        values.push((name, value.to_value()));
        self
    }

    /// What it is about, in one line. It takes the place of the template's.
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        let subject = subject.into();
        if let Some(why) = value_problem(&subject) {
            self.wrong("subject", &why);
        }
        self.subject = Some(subject);
        self
    }

    /// Who sends it; `[mail] from` if nobody is said.
    pub fn from(mut self, from: impl ToAddresses) -> Self {
        let mut all = Vec::new();
        self.add("from", &from, &mut all);
        if all.len() > 1 {
            self.wrong("from", "a mail has one sender");
        }
        self.from = all.into_iter().next();
        self
    }

    /// Who gets it: one more, or several.
    pub fn to(mut self, to: impl ToAddresses) -> Self {
        let mut all = std::mem::take(&mut self.to);
        self.add("to", &to, &mut all);
        self.to = all;
        self
    }

    /// Who gets a copy, and everybody sees that.
    pub fn cc(mut self, cc: impl ToAddresses) -> Self {
        let mut all = std::mem::take(&mut self.cc);
        self.add("cc", &cc, &mut all);
        self.cc = all;
        self
    }

    /// Who gets a copy that nobody else knows of.
    pub fn bcc(mut self, bcc: impl ToAddresses) -> Self {
        let mut all = std::mem::take(&mut self.bcc);
        self.add("bcc", &bcc, &mut all);
        self.bcc = all;
        self
    }

    /// Where answers go, if not to the sender.
    pub fn reply_to(mut self, reply_to: impl ToAddresses) -> Self {
        let mut all = std::mem::take(&mut self.reply_to);
        self.add("reply_to", &reply_to, &mut all);
        self.reply_to = all;
        self
    }

    /// The text. Where there is only HTML, it is made of that.
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }

    /// The HTML. What of it is not the site's own words must be escaped, as templates do.
    pub fn html(mut self, html: impl Into<String>) -> Self {
        self.html = Some(html.into());
        self
    }

    /// With a file; one that is [inline](Attachment::inline) is shown by the HTML.
    pub fn attach(mut self, attachment: Attachment) -> Self {
        if let Some(why) = attachment.problem() {
            self.wrong("attach", &why);
        }
        self.attachments.push(attachment);
        self
    }

    /// With one more header, such as `List-Unsubscribe`.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let (name, value) = (name.into(), value.into());
        if let Some(why) = name_problem(&name).or_else(|| value_problem(&value)) {
            self.wrong("header", &why);
        }
        self.headers.push((name, value));
        self
    }

    /// With an id of its own, `<7.thanks@example.com>`, rather than a random one.
    pub fn message_id(mut self, id: impl Into<String>) -> Self {
        let id = id.into();
        let inner = id.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).unwrap_or_default();
        let plain = inner.bytes().all(|b| b.is_ascii_graphic() && !b"<>".contains(&b));
        if !plain || inner.split('@').filter(|part| !part.is_empty()).count() != 2 {
            self.wrong("message_id", &format!("{id:?} is none: write `<something@example.com>`"));
        }
        self.message_id = Some(id);
        self
    }

    fn add(&mut self, field: &str, given: &impl ToAddresses, all: &mut Vec<Address>) {
        match given.addresses() {
            Ok(more) => all.extend(more),
            Err(why) => self.wrong(field, &why),
        }
    }

    /// The first fault is told.
    fn wrong(&mut self, field: &str, why: &str) {
        self.fault.get_or_insert_with(|| format!("`{field}` of this mail: {why}"));
    }

    /// What is wrong with it.
    pub(crate) fn check(&self) -> Result {
        match &self.fault {
            Some(fault) => Err(Error::internal(fault.clone())),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Mail");
        shown.field("subject", &self.subject).field("template", &self.template).field("to", &self.to);
        shown.finish_non_exhaustive()
    }
}
