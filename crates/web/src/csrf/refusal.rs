use std::fmt;

use quintet_core::Error;

use super::{Asked, FIELD};

const DETAIL: &str = "CSRF";

/// Why a request was refused, if it was for this.
pub(super) fn why(error: &Error) -> Option<&str> {
    error.details().iter().find(|(name, _)| *name == DETAIL).map(|(_, why)| why.as_str())
}

/// Why a request does not pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Another site's page has sent it.
    Foreign(String),
    /// Over https, and it does not say where it comes from.
    Nowhere,
    NoCookie(&'static str),
    WrongCookie(&'static str),
    NoToken,
    WrongToken(&'static str),
    /// Nobody can make a token here.
    NoKey,
    /// The web room has not been started.
    NoSite,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Foreign(from) => write!(
                f,
                "it comes from another site ({from}); a page that may send it is named in `[security] trusted_origins`"
            ),
            Refusal::Nowhere => {
                f.write_str("over https a form says where it comes from: `Origin` or `Referer`")
            }
            Refusal::NoCookie(name) => write!(
                f,
                "it has no cookie `{name}`: the page that sent it has no token, or the browser keeps no cookies. Put \
                 `{{{{ csrf_input() }}}}` into the form; `{{{{ form.open }}}}` has it already"
            ),
            Refusal::WrongCookie(name) => {
                write!(f, "its cookie `{name}` was changed, or signed with a key that the site no longer has")
            }
            Refusal::NoToken => write!(
                f,
                "it has no token: neither in the header `X-CSRF-Token` nor in the field `{FIELD}` (of a form with files: before \
                 them). Put `{{{{ csrf_input() }}}}` into the form; `{{{{ form.open }}}}` has it already"
            ),
            Refusal::WrongToken(place) => write!(
                f,
                "its token ({place}) is another browser's, or from before somebody signed in: load the page again"
            ),
            Refusal::NoKey => f.write_str("the site has no `secret_key`, so it can make no tokens"),
            Refusal::NoSite => f.write_str("the site around this router has not been started"),
        }
    }
}

impl Refusal {
    /// Status 403. Why, only developers are told: here, and by the line of the log that a security event is.
    pub(super) fn into_error(self, asked: &Asked<'_>) -> Error {
        let why = self.to_string();
        let text = if asked.debug {
            format!("This request may be forged: {why}.")
        } else {
            "This request could not be verified. Load the page again, and send it once more.".to_owned()
        };
        Error::forbidden(text).with_detail(DETAIL, why)
    }
}
