//! What becomes of messages during one request.

use std::sync::{Mutex, PoisonError};

use axum::response::Response;
use http::{HeaderValue, header};
use quintet_core::{Error, Result, Services, settings::Settings, signing::Signer};

use super::{Level, Message, cookie};
use crate::cookies::Cookies;

/// Messages of a page in its response, until they are noted.
#[derive(Clone)]
pub(crate) struct Flashed(pub(crate) Vec<Message>);

/// The messages that came with a request and those that were added. Costs nothing where there are none.
#[derive(Default)]
pub(crate) struct Notes {
    /// The cookie as it came.
    sent: Option<Box<str>>,
    /// Did the request come over https?
    secure: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    added: Vec<Message>,
    asked: bool,
    /// What a page has shown.
    shown: Option<Vec<Message>>,
    /// What left for the next page.
    #[cfg(feature = "dev")]
    left: Vec<Message>,
}

pub(crate) fn signer(services: &Services) -> Result<Signer> {
    let settings = services.get::<Settings>().ok_or_else(|| {
        Error::internal("messages are signed with the `secret_key` of the settings, and this site has none")
    })?;
    Ok(Signer::of_settings(settings)?.purpose("quintet.messages"))
}

impl Notes {
    pub(crate) fn of(cookies: &Cookies, secure: bool) -> Self {
        Notes { sent: cookies.get(cookie::NAME).map(Box::from), secure, state: Mutex::default() }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add(&self, message: Message, debug: bool) {
        if message.level() > Level::Debug || debug {
            self.state().added.push(message);
        }
    }

    /// Takes the messages that a page or a redirect brings.
    ///
    /// # Errors
    /// If the site has no key to sign them with.
    pub(crate) fn take(&self, response: &mut Response, services: &Services, debug: bool) -> Result {
        let Some(Flashed(messages)) = response.extensions_mut().remove::<Flashed>() else { return Ok(()) };
        signer(services)?;
        for message in messages {
            self.add(message, debug);
        }
        Ok(())
    }

    /// All that are there, for a page that shows them.
    ///
    /// # Errors
    /// If the site has no key, so that a message could never come.
    pub(crate) fn show(&self, services: &Services) -> Result<Vec<Message>> {
        let signer = signer(services)?;
        let mut state = self.state();
        let before = state.shown.take();
        let mut all = before.unwrap_or_else(|| {
            self.sent.as_deref().map(|sent| cookie::read(&signer, sent)).unwrap_or_default()
        });
        all.append(&mut state.added);
        state.asked = true;
        state.shown = Some(all.clone());
        Ok(all)
    }

    /// What was shown, and what goes to the next page: for the toolbar, which changes nothing.
    #[cfg(feature = "dev")]
    pub(crate) fn seen(&self) -> Vec<Message> {
        let state = self.state();
        state.shown.iter().flatten().chain(&state.left).cloned().collect()
    }

    /// Writes into the response what the next request must know.
    pub(crate) fn keep(&self, response: &mut Response, services: &Services) {
        let mut state = self.state();
        // What was not done is not told.
        if response.status().is_server_error() {
            state.added.clear();
        }
        if state.asked {
            response.headers_mut().append(header::VARY, HeaderValue::from_static("cookie"));
        }
        let showed = state.shown.as_ref().is_some_and(|shown| !shown.is_empty());
        if showed {
            let headers = response.headers_mut();
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            headers.remove(header::ETAG);
            headers.remove(header::LAST_MODIFIED);
        }
        let used = state.asked && self.sent.is_some();
        if state.added.is_empty() && !used {
            return;
        }
        #[cfg(feature = "dev")]
        {
            state.left = state.added.clone();
        }
        let written = signer(services).and_then(|signer| {
            let before = match (&state.shown, &self.sent) {
                (None, Some(sent)) => cookie::read(&signer, sent),
                _ => Vec::new(),
            };
            let all: Vec<Message> = before.into_iter().chain(state.added.drain(..)).collect();
            cookie::write(&signer, &all, self.secure)
        });
        match written {
            Ok(value) => {
                response.headers_mut().append(header::SET_COOKIE, value);
            }
            Err(error) => tracing::error!(%error, "messages are lost"),
        }
    }
}
