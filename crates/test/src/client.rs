use std::{
    fmt,
    panic::Location,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::body::Body;
use http::{HeaderName, HeaderValue, Method, Request, header};
use http_body_util::BodyExt;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use quintet_core::{BoxFuture, Error, Services, template::TemplateUses};
use quintet_web::{Page, Url, middleware::Gate};
use serde::Serialize;

use crate::{
    TestFile, TestResponse,
    ask::{Ask, HOST},
    csrf,
    jar::Jar,
    response::Asker,
    upload,
};

/// A browser without a network: requests go through the whole site in this process. It keeps cookies; redirects are
/// followed where the test says so ([`TestResponse::follow`]).
///
/// What it sends comes from the site's own pages, as its headers say, and has the token that those pages would have; a test of just
/// that sends its own ([`enforce_csrf`](Self::enforce_csrf)).
#[derive(Clone)]
pub struct TestClient {
    gate: Gate,
    jar: Arc<Mutex<Jar>>,
    headers: Vec<(HeaderName, HeaderValue)>,
    services: Services,
    /// Does it send tokens by itself?
    tokens: bool,
}

impl TestClient {
    pub(crate) fn new(gate: Gate, services: Services) -> Self {
        TestClient { gate, jar: Arc::default(), headers: Vec::new(), services, tokens: true }
    }

    pub(crate) fn anew(&self) -> Self {
        TestClient::new(self.gate.clone(), self.services.clone())
    }

    /// The same client, which sends no token by itself: what changes something is refused unless the test sends the one that a page has
    /// shown ([`TestResponse::csrf_token`]).
    ///
    /// ```no_run
    /// # async fn show(site: quintet_test::TestSite) {
    /// let ann = site.browser().enforce_csrf();
    /// ann.post("/films/new/", &[("title", "Alien")]).await.status(403);
    /// let token = ann.get("/films/new/").await.csrf_token();
    /// ann.post("/films/new/", &[("title", "Alien"), ("csrf_token", &token)]).await.redirects("/films/");
    /// # }
    /// ```
    #[must_use]
    pub fn enforce_csrf(mut self) -> Self {
        self.tokens = false;
        self
    }

    /// The same client, with one more header on each request.
    ///
    /// # Panics
    /// If name or value can't stand in a header.
    #[must_use]
    #[track_caller]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        match (HeaderName::try_from(name), HeaderValue::from_str(value)) {
            (Ok(name), Ok(value)) => self.headers.push((name, value)),
            _ => panic!("no header: {name:?}: {value:?}"),
        }
        self
    }

    /// Sets a cookie.
    #[must_use]
    pub fn with_cookie(self, name: &str, value: &str) -> Self {
        self.jar().set(name, value);
        self
    }

    /// The value of a cookie that the site has set.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.jar().get(name).map(str::to_owned)
    }

    /// GET.
    #[must_use = "nothing is asserted about the response"]
    #[track_caller]
    pub fn get(&self, url: impl Into<Url>) -> impl Future<Output = TestResponse> {
        self.ask(Ask::plain(Method::GET, url.into()))
    }

    /// HEAD.
    #[must_use = "nothing is asserted about the response"]
    #[track_caller]
    pub fn head(&self, url: impl Into<Url>) -> impl Future<Output = TestResponse> {
        self.ask(Ask::plain(Method::HEAD, url.into()))
    }

    /// OPTIONS.
    #[must_use = "nothing is asserted about the response"]
    #[track_caller]
    pub fn options(&self, url: impl Into<Url>) -> impl Future<Output = TestResponse> {
        self.ask(Ask::plain(Method::OPTIONS, url.into()))
    }

    /// DELETE.
    #[must_use = "nothing is asserted about the response"]
    #[track_caller]
    pub fn delete(&self, url: impl Into<Url>) -> impl Future<Output = TestResponse> {
        self.ask(Ask::plain(Method::DELETE, url.into()))
    }

    /// POST of a form's fields.
    #[must_use = "nothing is asserted about the response"]
    #[track_caller]
    pub fn post(&self, url: impl Into<Url>, fields: &[(&str, &str)]) -> impl Future<Output = TestResponse> {
        let encode = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
        let pairs: Vec<String> = fields.iter().map(|(n, v)| format!("{}={}", encode(n), encode(v))).collect();
        let kind = "application/x-www-form-urlencoded";
        self.ask(Ask::with(Method::POST, url.into(), kind, pairs.join("&").into()))
    }

    /// POST of a form's fields and files, as a browser sends a form with `enctype="multipart/form-data"`.
    ///
    /// ```no_run
    /// # use quintet_test::{TestFile, TestSite};
    /// # async fn show(site: TestSite) {
    /// let poster = TestFile::new("poster", "alien.png", b"\x89PNG");
    /// site.upload("/films/7/poster/", &[("title", "Alien")], &[poster]).await.redirects("/films/7/");
    /// # }
    /// ```
    #[must_use = "nothing is asserted about the response"]
    #[track_caller]
    pub fn upload(
        &self,
        url: impl Into<Url>,
        fields: &[(&str, &str)],
        files: &[TestFile],
    ) -> impl Future<Output = TestResponse> {
        self.ask(Ask::with(Method::POST, url.into(), upload::CONTENT_TYPE, upload::body(fields, files)))
    }

    /// Any method with a JSON body.
    ///
    /// # Panics
    /// If the data can't be JSON.
    #[must_use = "nothing is asserted about the response"]
    #[track_caller]
    pub fn json<T: Serialize + ?Sized>(
        &self,
        method: &str,
        url: impl Into<Url>,
        data: &T,
    ) -> impl Future<Output = TestResponse> {
        let (Ok(method), Ok(body)) = (Method::try_from(method), serde_json::to_vec(data)) else {
            panic!("{method} with a body that is no JSON")
        };
        self.ask(Ask::with(method, url.into(), "application/json", body.into()))
    }

    /// Any request at all.
    ///
    /// # Panics
    /// If the address can't stand in a request.
    #[must_use = "nothing is asserted about the response"]
    #[track_caller]
    pub fn send(
        &self,
        method: Method,
        url: impl Into<Url>,
        content_type: Option<&'static str>,
        body: Body,
    ) -> impl Future<Output = TestResponse> {
        let asked = Ask { method, url: url.into().to_string(), content_type, again: None };
        self.run(asked, body, Location::caller())
    }

    #[track_caller]
    fn ask(&self, ask: Ask) -> impl Future<Output = TestResponse> + use<> {
        let body = Body::from(ask.again.clone().unwrap_or_default());
        self.run(ask, body, Location::caller())
    }

    /// Sends it; `at` is the line of the test that wants it.
    fn run(
        &self,
        ask: Ask,
        body: Body,
        at: &'static Location<'static>,
    ) -> impl Future<Output = TestResponse> + use<> {
        self.run_with(ask, body, at, |_| {})
    }

    /// The same, of a request that is somewhat different.
    pub(crate) fn run_with<F: FnOnce(&mut Request<Body>)>(
        &self,
        ask: Ask,
        body: Body,
        at: &'static Location<'static>,
        change: F,
    ) -> impl Future<Output = TestResponse> + use<F> {
        let client = self.clone();
        async move {
            let asked = format!("{} {} ({at})", ask.method, ask.url);
            let mut request = match Request::builder().method(ask.method.clone()).uri(&ask.url).body(body) {
                Ok(request) => request,
                Err(error) => panic!("{asked}: {error}"),
            };
            change(&mut request);
            let headers = request.headers_mut();
            if !client.headers.iter().any(|(name, _)| name == header::HOST) {
                headers.insert(header::HOST, HeaderValue::from_static(HOST));
            }
            if let Some(kind) = ask.content_type {
                headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
            }
            if let Some(cookies) = client.jar().header() {
                headers.insert(header::COOKIE, cookies);
            }
            headers.extend(client.headers.iter().cloned());
            if !ask.method.is_safe() {
                csrf::come_from_own_page(headers);
                if client.tokens {
                    csrf::add_token(headers, &client.services, |name| client.cookie(name));
                }
            }
            let uses = TemplateUses::new();
            let response = uses.clone().scope(client.gate.answer(request)).await;
            let page = Page::of(&response).cloned();
            let error = response.extensions().get::<Arc<Error>>().cloned();
            let (parts, body) = response.into_parts();
            client.jar().take(&parts.headers);
            let body = match body.collect().await {
                Ok(body) => body.to_bytes(),
                Err(error) => panic!("{asked}: the response's body broke off: {error}"),
            };
            let (status, headers) = (parts.status, parts.headers);
            let again = Arc::new(client);
            let templates = uses.names();
            let chain = Vec::new();
            TestResponse { asked, ask, again, status, headers, body, page, templates, error, chain }
        }
    }

    pub(crate) fn services(&self) -> &Services {
        &self.services
    }

    pub(crate) fn is_https(&self) -> bool {
        self.headers.iter().any(|(name, value)| name == "x-forwarded-proto" && value == "https")
    }

    pub(crate) fn jar(&self) -> MutexGuard<'_, Jar> {
        self.jar.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Asker for TestClient {
    fn ask_again(
        &self,
        ask: Ask,
        body: Body,
        at: &'static Location<'static>,
    ) -> BoxFuture<'static, TestResponse> {
        Box::pin(self.run(ask, body, at))
    }
}

impl fmt::Debug for TestClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestClient").field("cookies", &*self.jar()).finish_non_exhaustive()
    }
}
