use std::{error::Error as StdError, fmt};

use minijinja::ErrorKind as Kind;
use quintet_core::Error;

/// An error of the house on its way through the template language.
pub(crate) struct Carried(Error);

impl Carried {
    pub(crate) fn into_template(error: Error) -> minijinja::Error {
        minijinja::Error::new(Kind::InvalidOperation, error.to_string()).with_source(Carried(error))
    }
}

impl fmt::Debug for Carried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Carried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StdError for Carried {}
