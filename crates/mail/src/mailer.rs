//! The site's mailer.

use std::{fmt, sync::Arc};

use quintet_core::{
    Error, Result, Service, Services, atomic, clock::Clock, settings::SiteSettings, template::Renderer,
};

use crate::{Address, Mail, Message, Outbox, Transport, template};

/// The site's mailer: `mailer: Mailer` in a handler, `&Mailer` in tasks and commands. Cheap to clone.
///
/// ```
/// use quintet_core::Result;
/// use quintet_mail::{Mail, Mailer};
///
/// async fn news(readers: &[String], mailer: &Mailer) -> Result {
///     let all = readers.iter().map(|reader| Mail::new("News").to(reader).text("There is a new film."));
///     mailer.send_all(all).await
/// }
/// ```
#[derive(Clone)]
pub struct Mailer(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    /// None, where the site does not say how; then the text says what to do.
    pub(crate) transport: Result<Arc<dyn Transport>, &'static str>,
    pub(crate) outbox: Option<Outbox>,
    pub(crate) from: Option<Address>,
    pub(crate) server_from: Option<Address>,
    pub(crate) subject_prefix: String,
    pub(crate) admins: Vec<Address>,
    pub(crate) managers: Vec<Address>,
    pub(crate) clock: Clock,
    pub(crate) info: Arc<SiteSettings>,
    pub(crate) renderer: Option<Arc<dyn Renderer>>,
    /// What templates find.
    pub(crate) services: Services,
}

/// Who sends what nobody reads but developers.
const NOBODY: &str = "webmaster@localhost";

impl Mailer {
    /// Sends a mail now.
    ///
    /// # Errors
    /// If something of it is wrong, or the server can't be reached (503) or refuses it.
    pub async fn send(&self, mail: Mail) -> Result {
        let message = self.form(mail)?;
        if let Some(block) = atomic::open() {
            tracing::warn!(
                subject = message.subject(),
                "a mail is sent inside of the transaction begun at {}: it holds the transaction up, and has left even if that is undone; \
                 `.send(&tx)` sends it after the commit",
                block.begun()
            );
        }
        self.dispatch(&message).await
    }

    /// Sends many, over one connection where the transport has such. All are formed before the first one leaves, so that a mistake in one
    /// sends none; one that the server refuses does not stop those behind it.
    ///
    /// # Errors
    /// As [`send`](Self::send); of those that could not be sent, with how many they were and why.
    pub async fn send_all(&self, mails: impl IntoIterator<Item = Mail>) -> Result {
        let messages = mails.into_iter().map(|mail| self.form(mail)).collect::<Result<Vec<_>>>()?;
        if messages.is_empty() {
            return Ok(());
        }
        let outcomes = self.transport()?.send_all(&messages).await;
        let mut failed: Vec<Error> = outcomes.into_iter().filter_map(Result::err).collect();
        match failed.len() {
            0 => Ok(()),
            1 if messages.len() == 1 => failed.pop().map_or(Ok(()), Err),
            count => {
                let whys: Vec<String> = failed.iter().take(5).map(ToString::to_string).collect();
                let why = format!("{count} of {} mails were not sent: {}", messages.len(), whys.join("; "));
                Err(failed.pop().map_or_else(
                    || Error::internal(why.clone()),
                    |last| Error::of_kind(last.kind().clone(), last.status(), why.clone()),
                ))
            }
        }
    }

    /// Writes to those of `[mail] admins`, from `[mail] server_from`, with `[mail] subject_prefix` before the subject. Nothing is sent where
    /// there are none.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn mail_admins(&self, mail: Mail) -> Result {
        self.mail_these(mail, &self.0.admins).await
    }

    /// The same for `[mail] managers`.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn mail_managers(&self, mail: Mail) -> Result {
        self.mail_these(mail, &self.0.managers).await
    }

    async fn mail_these(&self, mail: Mail, these: &[Address]) -> Result {
        if these.is_empty() {
            return Ok(());
        }
        let mut mail = self.rendered(mail)?;
        let subject = format!("{}{}", self.0.subject_prefix, mail.subject.take().unwrap_or_default());
        if mail.from.is_none() {
            mail.from = self.0.server_from.clone();
        }
        self.send(mail.subject(subject).to(these)).await
    }

    /// Those of `[mail] admins`.
    #[must_use]
    pub fn admins(&self) -> &[Address] {
        &self.0.admins
    }

    /// Those of `[mail] managers`.
    #[must_use]
    pub fn managers(&self) -> &[Address] {
        &self.0.managers
    }

    /// The mails of `memory://`; none, where mails go elsewhere.
    #[must_use]
    pub fn outbox(&self) -> Option<&Outbox> {
        self.0.outbox.as_ref()
    }

    /// What the site is called and where it is reached: `[site]`.
    #[must_use]
    pub fn site(&self) -> &SiteSettings {
        &self.0.info
    }

    /// The mail as it would be sent.
    ///
    /// # Errors
    /// If something of it is wrong.
    pub fn form(&self, mail: Mail) -> Result<Message> {
        let mail = self.rendered(mail)?;
        let from = match (&mail.from, &self.0.from) {
            (Some(from), _) | (None, Some(from)) => from.clone(),
            (None, None) if self.0.transport.as_ref().is_ok_and(|transport| transport.is_real()) => {
                return Err(Error::settings(
                    "nobody sends this mail: set `from` of `[mail]`, as in `from = \"Cinema <no-reply@example.com>\"`, or say \
                     `.from(..)`",
                ));
            }
            (None, None) => Address::new(NOBODY)?,
        };
        Message::of(mail, from, self.0.clock.now())
    }

    fn rendered(&self, mail: Mail) -> Result<Mail> {
        mail.check()?;
        template::fill(mail, self.0.renderer.as_ref(), &self.0.services, &self.0.info)
    }

    fn transport(&self) -> Result<&Arc<dyn Transport>> {
        self.0.transport.as_ref().map_err(|why| Error::settings(*why))
    }

    /// Sends what is formed.
    pub(crate) async fn dispatch(&self, message: &Message) -> Result {
        self.transport()?.send(message).await
    }
}

impl Service for Mailer {
    fn of(services: &Services) -> Result<Self> {
        services.require::<Mailer>().cloned()
    }
}

#[cfg(feature = "axum")]
impl<S: Send + Sync> axum_core::extract::FromRequestParts<S> for Mailer {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut http::request::Parts, _: &S) -> Result<Self> {
        Mailer::of(Services::of_request(parts)?)
    }
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailer").field("transport", &self.0.transport).finish_non_exhaustive()
    }
}
