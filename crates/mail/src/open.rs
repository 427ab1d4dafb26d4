//! From the settings to a way for mails.

use std::{path::Path, sync::Arc};

use quintet_core::{Error, Result, command::Console, near::did_you_mean, settings::SiteSettings};

use crate::{ConsoleMail, Dummy, FileMail, MailSettings, Outbox, Smtp, Transport};

const KINDS: [&str; 6] = ["smtp", "smtps", "console", "file", "memory", "dummy"];

/// Said when somebody sends.
const UNSET: &str = "this site can't send mail: it is not said how. Set `url` of `[mail]`, or MAIL_URL in the environment, as in \
                     `MAIL_URL=smtp://user:password@mail.example.com:587`; `console://` shows mails on the terminal";

/// What a place needs of the site.
pub(crate) struct Around<'a> {
    pub(crate) root: &'a Path,
    pub(crate) debug: bool,
    pub(crate) console: Option<Console>,
    pub(crate) info: &'a SiteSettings,
}

/// A way for mails to leave; what there is to look at, if they stay.
type Opened = (Result<Arc<dyn Transport>, &'static str>, Option<Outbox>);

impl MailSettings {
    pub(crate) fn open(&self, around: Around<'_>, outbox: Option<Outbox>) -> Result<Opened> {
        let url = match &self.url {
            Some(url) => url.as_str(),
            None if around.debug => "console://",
            None => return Ok((Err(UNSET), None)),
        };
        let wrong = |why: &str| Error::settings(format!("`url` of `[mail]` {why}"));
        let (scheme, rest) = url.split_once("://").unwrap_or((url, ""));
        let transport: Arc<dyn Transport> = match scheme {
            "console" => Arc::new(ConsoleMail::new(around.console)),
            "memory" => {
                let outbox = outbox.unwrap_or_default();
                return Ok((Ok(Arc::new(outbox.clone())), Some(outbox)));
            }
            "dummy" => Arc::new(Dummy),
            "file" if rest.trim_matches('/').is_empty() => {
                return Err(wrong(
                    "names no folder: write `file://mail`, or `file:///var/mail/site` for an absolute one",
                ));
            }
            "file" => Arc::new(FileMail::new(around.root.join(rest))),
            "smtp" | "smtps" => Arc::new(Smtp::of(self, url, around.root, around.info)?),
            other => {
                return Err(wrong(&format!(
                    "begins with `{other}`, which is no way for mail{} (there are {})",
                    did_you_mean(other, KINDS),
                    KINDS.map(|kind| format!("`{kind}://`")).join(", "),
                )));
            }
        };
        Ok((Ok(transport), None))
    }
}
