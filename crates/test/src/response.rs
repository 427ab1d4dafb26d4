use std::{fmt::Debug, panic::Location, sync::Arc};

use axum::body::{Body, Bytes};
use http::{HeaderMap, StatusCode, header};
use quintet_core::{BoxFuture, Error, Value};
use quintet_web::{Page, Url};
use serde::de::DeserializeOwned;

use crate::ask::Ask;

/// Who can ask further, with the cookies that came.
pub(crate) trait Asker: Debug + Send + Sync {
    /// Sends a request; `at` is the line of the test that wants it.
    fn ask_again(
        &self,
        ask: Ask,
        body: Body,
        at: &'static Location<'static>,
    ) -> BoxFuture<'static, TestResponse>;
}

/// A response, with assertions that chain. A failing one shows what was asked and what came.
#[derive(Debug, Clone)]
pub struct TestResponse {
    /// The request and the line of the test, for messages.
    pub(crate) asked: String,
    pub(crate) ask: Ask,
    /// Who asked.
    pub(crate) again: Arc<dyn Asker>,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) page: Option<Page>,
    /// All templates that it was made of.
    pub(crate) templates: Vec<String>,
    /// What the site answered with, if it was an error.
    pub(crate) error: Option<Arc<Error>>,
    /// The redirects before it.
    pub(crate) chain: Vec<(u16, String)>,
}

impl TestResponse {
    /// Status 200.
    #[track_caller]
    pub fn ok(self) -> Self {
        self.status(200)
    }

    /// This status.
    #[track_caller]
    pub fn status(self, status: u16) -> Self {
        self.check(self.status.as_u16() == status, format_args!("status {status}"));
        self
    }

    /// A redirect to this address, compared with path and query.
    #[track_caller]
    pub fn redirects(self, to: impl Into<Url>) -> Self {
        let to = to.into().to_string();
        let location = self.header_text(header::LOCATION.as_str());
        self.check(
            self.status.is_redirection() && location.as_deref() == Some(&to),
            format_args!("a redirect to {to}"),
        );
        self
    }

    /// The body contains this text. In a page special characters are escaped, as `&#x27;` for an apostrophe.
    #[track_caller]
    pub fn contains(self, text: &str) -> Self {
        self.check(self.text().contains(text), format_args!("a body that contains {text:?}"));
        self
    }

    /// The body contains this text so many times.
    #[track_caller]
    pub fn contains_times(self, times: usize, text: &str) -> Self {
        let found = self.text().matches(text).count();
        self.check(found == times, format_args!("{times} times {text:?}, not {found}"));
        self
    }

    /// The body does not contain this text.
    #[track_caller]
    pub fn lacks(self, text: &str) -> Self {
        self.check(!self.text().contains(text), format_args!("a body without {text:?}"));
        self
    }

    /// The page was made of this template.
    #[track_caller]
    pub fn template(self, name: &str) -> Self {
        let shown = self.page.as_ref().and_then(|page| page.template());
        self.check(shown == Some(name), format_args!("a page of template {name:?}, not {shown:?}"));
        self
    }

    /// The answer was made of this template among others: its own, one that it extends, includes or imports, that of a form or a
    /// field. Of a page with a fragment (`films.html#found`) the file counts. Those of a mail
    /// that the handler writes are among them.
    #[track_caller]
    pub fn uses(self, name: &str) -> Self {
        let found = self.templates.iter().any(|used| used == name);
        self.check(
            found,
            format_args!("something made of template {name:?}, not only of {:?}", self.templates),
        );
        self
    }

    /// The answer was made without this template.
    #[track_caller]
    pub fn uses_not(self, name: &str) -> Self {
        let found = self.templates.iter().any(|used| used == name);
        self.check(
            !found,
            format_args!("something made without template {name:?}, not of {:?}", self.templates),
        );
        self
    }

    /// All templates that the answer was made of, sorted.
    #[must_use]
    pub fn templates(&self) -> &[String] {
        &self.templates
    }

    /// What the page's template was given under this name.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.page.as_ref()?.value(name)
    }

    /// A header has this value.
    #[track_caller]
    pub fn header(self, name: &str, value: &str) -> Self {
        let found = self.header_text(name);
        self.check(found.as_deref() == Some(value), format_args!("header {name}: {value:?}, not {found:?}"));
        self
    }

    /// The value of a header, if it is there.
    #[must_use]
    pub fn header_text(&self, name: &str) -> Option<String> {
        self.headers.get(name).map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned())
    }

    /// All headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The status.
    #[must_use]
    pub fn code(&self) -> u16 {
        self.status.as_u16()
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body's bytes.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.body
    }

    /// The body, read as JSON.
    #[track_caller]
    #[must_use]
    pub fn json<T: DeserializeOwned>(&self) -> T {
        match serde_json::from_slice(&self.body) {
            Ok(value) => value,
            Err(error) => panic!("{}\nexpected JSON: {error}\n{}", self.asked, self.describe()),
        }
    }

    #[track_caller]
    pub(crate) fn check(&self, holds: bool, expected: impl Debug) {
        assert!(holds, "{}\nexpected {expected:?}\n{}", self.asked, self.describe());
    }

    fn describe(&self) -> String {
        const MOST: usize = 2000;
        let mut text = self.text();
        if text.len() > MOST {
            let end = (0..=MOST).rev().find(|i| text.is_char_boundary(*i)).unwrap_or_default();
            text.truncate(end);
            text.push('…');
        }
        let location = self.header_text("location").map(|l| format!(" to {l}")).unwrap_or_default();
        // The page of an error says little; whoever wrote the test wants to know why.
        let error = match &self.error {
            Some(error) if self.status.is_server_error() => format!("\nthe error: {error:?}"),
            _ => String::new(),
        };
        format!("got {}{location}:\n{text}{error}", self.status)
    }
}
