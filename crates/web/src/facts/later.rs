//! What most requests never ask for. It is made when somebody does, so that the others pay nothing for it.

use std::sync::{Arc, OnceLock};

use super::Found;
use crate::{
    around::{Around, Providers},
    cookies::Cookies,
    csrf::CsrfState,
    kept::Kept,
    messages::Notes,
    policy::Wishes,
};

pub(crate) struct Later {
    /// The token that its page asks for.
    pub(crate) csrf: CsrfState,
    /// What was found out in it.
    pub(crate) kept: Kept,
    /// What its page asks for while it is rendered.
    pub(crate) wishes: Wishes,
    /// Messages that came with it or are to leave with its answer.
    pub(crate) notes: Notes,
    /// The values around its page.
    pub(crate) around: Around,
    /// The route, where the toolbar watches.
    pub(crate) found: OnceLock<Found>,
}

impl Later {
    /// `left` says that the headers of the answer are on their way.
    pub(super) fn of(
        providers: Option<&Arc<Providers>>,
        cookies: &Cookies,
        https: bool,
        left: bool,
    ) -> Box<Self> {
        Box::new(Later {
            csrf: CsrfState::new(left),
            kept: Kept::default(),
            wishes: Wishes::default(),
            notes: Notes::of(cookies, https),
            around: Around::new(providers),
            found: OnceLock::new(),
        })
    }
}
