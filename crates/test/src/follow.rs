//! Redirects, followed as a browser does.

use std::panic::Location;

use axum::body::Body;
use http::{Method, StatusCode, Uri, header};
use quintet_web::Url;

use crate::{
    TestResponse,
    ask::{Ask, HOST},
};

/// Browsers give up after as many.
const MOST: usize = 20;

impl TestResponse {
    /// Follows redirects until a response is none, with the client's cookies. 307 and 308 send the request again as it was,
    /// all others ask by GET. [`redirected`](Self::redirected) tells the way.
    ///
    /// # Panics
    /// If the way is too long, leads to another site, or a body that was a stream would have to be sent again.
    #[track_caller]
    #[must_use = "nothing is asserted about the response"]
    pub fn follow(self) -> impl Future<Output = TestResponse> {
        let at = Location::caller();
        async move {
            let mut response = self;
            while let Some(next) = response.next() {
                let mut chain = std::mem::take(&mut response.chain);
                chain.push((response.status.as_u16(), next.url.clone()));
                if chain.len() > MOST {
                    panic!("{}: more than {MOST} redirects: {}", response.asked, way(&chain));
                }
                let body = Body::from(next.again.clone().unwrap_or_default());
                response = response.again.ask_again(next, body, at).await;
                response.asked = format!("{}, after {}", response.asked, way(&chain));
                response.chain = chain;
            }
            response
        }
    }

    /// The redirects that [`follow`](Self::follow) has followed: all of them, in order.
    #[track_caller]
    pub fn redirected<U: Into<Url>>(self, through: impl IntoIterator<Item = U>) -> Self {
        let expected: Vec<String> = through.into_iter().map(|url| url.into().to_string()).collect();
        let holds = self.chain.iter().map(|(_, url)| url).eq(&expected);
        let found = way(&self.chain);
        self.check(holds, format_args!("redirects through {}, not {found}", expected.join(", ")));
        self
    }

    /// Status and address of each redirect that was followed.
    #[must_use]
    pub fn chain(&self) -> &[(u16, String)] {
        &self.chain
    }

    /// The request that the response leads to.
    fn next(&self) -> Option<Ask> {
        let location =
            self.header_text(header::LOCATION.as_str()).filter(|_| self.status.is_redirection())?;
        let url = match resolve(&self.ask.url, &location) {
            Some(url) => url,
            None => panic!("{}: the redirect to {location} leads to another site", self.asked),
        };
        let same = matches!(self.status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT);
        if same {
            if self.ask.again.is_none() {
                panic!("{}: the body was a stream and can't be sent again to {url}", self.asked);
            }
            return Some(Ask { url, ..self.ask.clone() });
        }
        let method = if self.ask.method == Method::HEAD { Method::HEAD } else { Method::GET };
        Some(Ask { method, url, content_type: None, again: Some(axum::body::Bytes::new()) })
    }
}

fn way(chain: &[(u16, String)]) -> String {
    if chain.is_empty() {
        return "none".to_owned();
    }
    chain.iter().map(|(status, url)| format!("{url} ({status})")).collect::<Vec<_>>().join(", ")
}

/// The path and query that `location` means on the page at `from`; `None` if it is on another site.
fn resolve(from: &str, location: &str) -> Option<String> {
    let location = location.split_once('#').map_or(location, |(before, _)| before);
    let absolute = match location.strip_prefix("//") {
        Some(rest) => Some(rest),
        None => location.strip_prefix("http://").or_else(|| location.strip_prefix("https://")),
    };
    if let Some(rest) = absolute {
        let (host, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        return (host == HOST).then_some(path);
    }
    if location.starts_with('/') {
        return Some(location.to_owned());
    }
    let from: Uri = from.parse().ok()?;
    if location.is_empty() {
        return Some(from.to_string());
    }
    if location.starts_with('?') {
        return Some(format!("{}{location}", from.path()));
    }
    if location.split(['/', '?']).next().is_some_and(|first| first.contains(':')) {
        return None;
    }
    let (path, query) =
        location.split_once('?').map_or((location, None), |(path, query)| (path, Some(query)));
    let folder = from.path().rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = folder.split('/').collect();
    let mut rest = path.split('/').peekable();
    while let Some(part) = rest.next() {
        let last = rest.peek().is_none();
        match part {
            "." | ".." => {
                if part == ".." && parts.len() > 1 {
                    parts.pop();
                }
                if last {
                    parts.push("");
                }
            }
            part => parts.push(part),
        }
    }
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    Some(format!("{}{query}", parts.join("/")))
}

#[cfg(test)]
mod tests {
    use super::resolve;

    #[test]
    fn locations_are_read_as_browsers_do() {
        for (location, expected) in [
            ("/x/?a=1#top", Some("/x/?a=1")),
            ("http://testserver/x/", Some("/x/")),
            ("https://testserver", Some("/")),
            ("//testserver?a=1", Some("/?a=1")),
            ("edit/", Some("/films/7/edit/")),
            ("../8/?a=/b", Some("/films/8/?a=/b")),
            ("..", Some("/films/")),
            ("../../../..", Some("/")),
            ("./", Some("/films/7/")),
            ("?page=2", Some("/films/7/?page=2")),
            ("", Some("/films/7/?q=1")),
            ("https://example.com/x/", None),
            ("//example.com/", None),
            ("mailto:ann@example.com", None),
        ] {
            assert_eq!(resolve("/films/7/?q=1", location).as_deref(), expected, "{location}");
        }
    }
}
