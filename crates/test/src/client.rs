use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use http::{HeaderName, HeaderValue, Method, Request, header};
use http_body_util::BodyExt;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use quintet_web::{Page, Url, middleware::Gate};
use serde::Serialize;

use crate::{TestResponse, jar::Jar};

/// A browser without a network: requests go through the whole site in this process. It keeps cookies and does
/// not follow redirects.
#[derive(Clone)]
pub struct TestClient {
    gate: Gate,
    jar: Arc<Mutex<Jar>>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl TestClient {
    pub(crate) fn new(gate: Gate) -> Self {
        TestClient { gate, jar: Arc::default(), headers: Vec::new() }
    }

    pub(crate) fn anew(&self) -> Self {
        TestClient::new(self.gate.clone())
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
        self.jar.lock().unwrap_or_else(PoisonError::into_inner).set(name, value);
        self
    }

    /// The value of a cookie that the site has set.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.jar.lock().unwrap_or_else(PoisonError::into_inner).get(name).map(str::to_owned)
    }

    /// GET.
    #[must_use = "nothing is asserted about the response"]
    pub async fn get(&self, url: impl Into<Url>) -> TestResponse {
        self.send(Method::GET, url, None, Body::empty()).await
    }

    /// HEAD.
    #[must_use = "nothing is asserted about the response"]
    pub async fn head(&self, url: impl Into<Url>) -> TestResponse {
        self.send(Method::HEAD, url, None, Body::empty()).await
    }

    /// OPTIONS.
    #[must_use = "nothing is asserted about the response"]
    pub async fn options(&self, url: impl Into<Url>) -> TestResponse {
        self.send(Method::OPTIONS, url, None, Body::empty()).await
    }

    /// DELETE.
    #[must_use = "nothing is asserted about the response"]
    pub async fn delete(&self, url: impl Into<Url>) -> TestResponse {
        self.send(Method::DELETE, url, None, Body::empty()).await
    }

    /// POST of a form's fields.
    #[must_use = "nothing is asserted about the response"]
    pub async fn post(&self, url: impl Into<Url>, fields: &[(&str, &str)]) -> TestResponse {
        let encode = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
        let pairs: Vec<String> = fields.iter().map(|(n, v)| format!("{}={}", encode(n), encode(v))).collect();
        self.send(Method::POST, url, Some("application/x-www-form-urlencoded"), Body::from(pairs.join("&")))
            .await
    }

    /// Any method with a JSON body.
    ///
    /// # Panics
    /// If the data can't be JSON.
    #[must_use = "nothing is asserted about the response"]
    pub async fn json<T: Serialize + ?Sized>(
        &self,
        method: &str,
        url: impl Into<Url>,
        data: &T,
    ) -> TestResponse {
        let (Ok(method), Ok(body)) = (Method::try_from(method), serde_json::to_vec(data)) else {
            panic!("{method} with a body that is no JSON")
        };
        self.send(method, url, Some("application/json"), Body::from(body)).await
    }

    /// Any request at all.
    ///
    /// # Panics
    /// If the address can't stand in a request.
    #[must_use = "nothing is asserted about the response"]
    pub async fn send(
        &self,
        method: Method,
        url: impl Into<Url>,
        content_type: Option<&'static str>,
        body: Body,
    ) -> TestResponse {
        let url = url.into().to_string();
        let asked = format!("{method} {url}");
        let mut request = match Request::builder().method(method).uri(&url).body(body) {
            Ok(request) => request,
            Err(error) => panic!("{asked}: {error}"),
        };
        let headers = request.headers_mut();
        headers.insert(header::HOST, HeaderValue::from_static("testserver"));
        if let Some(kind) = content_type {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        if let Some(cookies) = self.jar.lock().unwrap_or_else(PoisonError::into_inner).header() {
            headers.insert(header::COOKIE, cookies);
        }
        headers.extend(self.headers.iter().cloned());
        let response = self.gate.answer(request).await;
        let page = Page::of(&response).cloned();
        let (parts, body) = response.into_parts();
        self.jar.lock().unwrap_or_else(PoisonError::into_inner).take(&parts.headers);
        let body = match body.collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) => panic!("{asked}: the response's body broke off: {error}"),
        };
        TestResponse { asked, status: parts.status, headers: parts.headers, body, page }
    }
}
