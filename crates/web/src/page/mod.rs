//! Pages: a template with its values, or a redirect.
//!
//! A handler answers with a [`Page`] and knows no renderer. Its response carries the page, and [`render`]
//! fills it in the innermost layer around the route, with what the request brings along ([`around`]).
mod redirect;
mod render;
mod rows;
mod stream;

use std::{borrow::Cow, fmt, sync::Arc};

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use futures_util::{Stream, StreamExt};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use quintet_core::{Error, FieldErrors, Result, TemplateValue, Value, value::Map};

use crate::{
    messages::{Flashed, Message},
    spare,
    url::Url,
};
pub use redirect::{redirect, unchanged};
pub(crate) use render::{around, is_pending, render};
pub(crate) use stream::{begin, is_streamed, mentioned};

/// What a person gets: a template with its values, or a redirect.
///
/// Made with [`page!`](crate::page!) and [`redirect`]. The site renders it with the request's context, so tests
/// of a handler read template and values, and tests of a site read them beside the HTML ([`Page::of`]).
///
/// ```
/// use quintet_web::{Page, Value};
///
/// let page = Page::new("film.html").with("title", "Alien").status(201);
/// assert_eq!(page.template(), Some("film.html"));
/// assert_eq!(page.value("title"), Some(&Value::Text("Alien".into())));
/// ```
#[must_use = "a page is shown by returning it from a handler"]
#[derive(Clone)]
pub struct Page {
    content: Content,
    status: StatusCode,
    headers: HeaderMap,
    /// What makes it impossible: a wrong status or header.
    fault: Option<String>,
    /// What is wrong with a form on it.
    refused: FieldErrors,
    messages: Vec<Message>,
    /// Does it leave while it is rendered?
    streamed: bool,
    /// What it reads meanwhile.
    rows: Vec<Arc<rows::Source>>,
}

#[derive(Clone, Debug)]
enum Content {
    Template {
        name: Cow<'static, str>,
        values: Arc<Map>,
    },
    Redirect(Url),
    /// What the client has already.
    Unchanged,
}

/// A page in a response that is still to be rendered.
#[derive(Clone)]
struct Pending(Arc<Page>);

impl Page {
    /// A template without values. `"film.html#reviews"` is only the block `reviews` of it. [`page!`](crate::page!)
    /// also checks that the file is there.
    pub fn new(template: impl Into<Cow<'static, str>>) -> Self {
        Page::of_content(Content::Template { name: template.into(), values: Arc::default() }, StatusCode::OK)
    }

    fn of_content(content: Content, status: StatusCode) -> Self {
        Page {
            content,
            status,
            headers: HeaderMap::new(),
            fault: None,
            refused: FieldErrors::new(),
            messages: Vec::new(),
            streamed: false,
            rows: Vec::new(),
        }
    }

    /// With a value; a later one of the same name takes its place. Redirects show nothing.
    ///
    /// A form with errors makes the page's status 422, unless it has another one; a client that reads JSON gets the errors as a
    /// problem document in place of the page.
    pub fn with<T: TemplateValue + ?Sized>(mut self, name: impl Into<Cow<'static, str>>, value: &T) -> Self {
        if let Content::Template { values, .. } = &mut self.content {
            let name = name.into();
            // Nobody else has them yet.
            let values = Arc::make_mut(values);
            values.retain(|(n, _)| *n != name);
            let value = value.to_value();
            if let Value::Piece(piece) = &value
                && !piece.errors.is_empty()
            {
                self.refused.extend(piece.errors.clone());
                if self.status == StatusCode::OK {
                    self.status = StatusCode::UNPROCESSABLE_ENTITY;
                }
            }
            values.push((name, value));
        }
        self
    }

    /// With a message for the next page that shows messages: this one, or the one that a redirect leads to.
    ///
    /// A text is a piece of news; [`Message`] has other levels. Templates show them with `messages()`. They travel in a cookie
    /// that is signed with the site's `secret_key`.
    ///
    /// ```
    /// use quintet_web::{messages::Message, redirect};
    ///
    /// let done = redirect("/films/").flash("Thank you!").flash(Message::warning("The film starts in 5 minutes."));
    /// assert_eq!(done.messages()[0].text(), "Thank you!");
    /// ```
    pub fn flash(mut self, message: impl Into<Message>) -> Self {
        self.messages.push(message.into());
        self
    }

    /// Has it leave while it is rendered: for long pages, which then need never be in memory as a whole.
    ///
    /// The status and the headers leave with the first 16 KB. What fails before that is an error like every other. What fails later is
    /// in the log and cuts the connection, so that nobody takes half a page for a whole one.
    ///
    /// ```
    /// let long = quintet_web::Page::new("report.html").streamed();
    /// # let _ = long;
    /// ```
    pub fn streamed(mut self) -> Self {
        self.streamed = true;
        self
    }

    /// With rows that are read while the page is rendered and leaves ([`streamed`](Page::streamed)), one by one, as fast as the client
    /// takes them: `{% for film in films %}` shows any number of them in little memory. They come once, and nobody knows beforehand
    /// how many. An error among them cuts the connection.
    ///
    /// ```
    /// # use quintet_web::{Page, Value};
    /// use futures_util::stream;
    ///
    /// let numbers = stream::iter((0..1_000_000).map(|n| Ok(Value::Int(n))));
    /// let page = Page::new("numbers.html").stream("numbers", numbers);
    /// ```
    pub fn stream<T, S>(mut self, name: impl Into<Cow<'static, str>>, rows: S) -> Self
    where
        T: TemplateValue,
        S: Stream<Item = Result<T>> + Send + 'static,
    {
        let name = name.into();
        self.rows.retain(|source| source.name != name);
        let rows = rows.map(|row| row.map(|row| row.to_value()));
        self.rows.push(Arc::new(rows::Source::new(name, Box::pin(rows))));
        self.streamed()
    }

    /// What [`flash`](Page::flash) was given.
    #[must_use]
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// Only this block of the template, with the same values: for a script that puts it into a page that is there (htmx).
    ///
    /// ```
    /// let page = quintet_web::Page::new("film.html").with("stars", &5).only("reviews");
    /// assert_eq!(page.template(), Some("film.html#reviews"));
    /// ```
    pub fn only(mut self, block: &str) -> Self {
        if let Content::Template { name, .. } = &mut self.content {
            let file = name.split('#').next().unwrap_or_default();
            *name = format!("{file}#{block}").into();
        }
        self
    }

    /// With another status than 200 (303 for redirects).
    pub fn status(mut self, status: u16) -> Self {
        match StatusCode::from_u16(status) {
            Ok(status) => self.status = status,
            Err(_) => self.fault = Some(format!("{status} is no HTTP status")),
        }
        self
    }

    /// With a header, which takes the place of another one of its name.
    pub fn header(mut self, name: &str, value: impl AsRef<str>) -> Self {
        match (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value.as_ref())) {
            (Ok(name), Ok(value)) => {
                self.headers.insert(name, value);
            }
            _ => self.fault = Some(format!("`{name}` with this value can't be a header")),
        }
        self
    }

    /// The page that a response shows, or that it is a redirect of: for tests.
    #[must_use]
    pub fn of(response: &Response) -> Option<&Page> {
        let pending = response.extensions().get::<Pending>().map(|p| &*p.0);
        pending.or_else(|| response.extensions().get::<Arc<Page>>().map(|p| &**p))
    }

    /// The template's name; none of a redirect.
    #[must_use]
    pub fn template(&self) -> Option<&str> {
        match &self.content {
            Content::Template { name, .. } => Some(name),
            Content::Redirect(_) | Content::Unchanged => None,
        }
    }

    /// The value of this name.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.values().iter().find(|(n, _)| n == name).map(|(_, v)| v)
    }

    /// All values, in the order in which they were given.
    #[must_use]
    pub fn values(&self) -> &[(Cow<'static, str>, Value)] {
        match &self.content {
            Content::Template { values, .. } => values,
            Content::Redirect(_) | Content::Unchanged => &[],
        }
    }

    /// The values, to be shared with the renderer.
    fn shared(&self) -> Arc<Map> {
        match &self.content {
            Content::Template { values, .. } => values.clone(),
            Content::Redirect(_) | Content::Unchanged => Arc::default(),
        }
    }

    /// Where a redirect leads; none of a template.
    #[must_use]
    pub fn target(&self) -> Option<&Url> {
        match &self.content {
            Content::Template { .. } | Content::Unchanged => None,
            Content::Redirect(url) => Some(url),
        }
    }
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Page({} {:?})", self.status.as_u16(), self.content)
    }
}

/// Outside of a Quintet site nobody renders: the response then is 500 and says so.
impl IntoResponse for Page {
    fn into_response(self) -> Response {
        if let Some(fault) = self.fault {
            return Error::internal(format!("this page can't be answered: {fault}")).into_response();
        }
        if let Content::Redirect(url) = &self.content {
            return match redirect::location(url) {
                Ok(location) => {
                    let mut response = (self.status, [(header::LOCATION, location)]).into_response();
                    response.headers_mut().extend(self.headers.clone());
                    carry(&mut response, &self);
                    response.extensions_mut().insert(Arc::new(self));
                    response
                }
                Err(error) => error.into_response(),
            };
        }
        if let Content::Unchanged = &self.content {
            let mut response = (self.status, self.headers.clone()).into_response();
            carry(&mut response, &self);
            return response;
        }
        let reason =
            "A page is rendered by a Quintet site, and this router is outside of one: mount it on a site.";
        let mut response = Response::new(Body::from(reason));
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        let mut headers = spare::headers();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        *response.headers_mut() = headers;
        carry(&mut response, &self);
        response.extensions_mut().insert(Pending(Arc::new(self)));
        response
    }
}

/// Hands a page's messages to whoever keeps them.
fn carry(response: &mut Response, page: &Page) {
    if !page.messages.is_empty() {
        response.extensions_mut().insert(Flashed(page.messages.clone()));
    }
}

impl From<Page> for Response {
    fn from(page: Page) -> Self {
        page.into_response()
    }
}
