//! The cookies of a test client: as much of RFC 6265 as one host needs.

use http::{HeaderMap, HeaderValue, header};

use crate::TestCookie;

/// Names and values, in the order in which they came.
#[derive(Debug, Default, Clone)]
pub(crate) struct Jar(Vec<(String, String)>);

impl Jar {
    /// Takes what a response sets, and drops what it deletes.
    pub(crate) fn take(&mut self, headers: &HeaderMap) {
        for cookie in headers.get_all(header::SET_COOKIE).iter().filter_map(|v| v.to_str().ok()) {
            let Some(cookie) = TestCookie::parse(cookie) else { continue };
            self.0.retain(|(name, _)| *name != cookie.name);
            if !cookie.is_deletion() {
                self.0.push((cookie.name, cookie.value));
            }
        }
    }

    /// The `Cookie` header, if there is any cookie.
    pub(crate) fn header(&self) -> Option<HeaderValue> {
        if self.0.is_empty() {
            return None;
        }
        let pairs: Vec<String> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        HeaderValue::from_str(&pairs.join("; ")).ok()
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.0.retain(|(n, _)| n != name);
        self.0.push((name.to_owned(), value.to_owned()));
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.0.retain(|(n, _)| n != name);
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_kept_replaced_and_deleted() {
        let mut headers = HeaderMap::new();
        for cookie in ["a=1; Path=/; HttpOnly", "b=2", "a=3", "b=; Max-Age=0"] {
            headers.append(header::SET_COOKIE, HeaderValue::from_static(cookie));
        }
        let mut jar = Jar::default();
        jar.take(&headers);
        assert_eq!(jar.header().unwrap(), "a=3");
        assert_eq!((jar.get("a"), jar.get("b")), (Some("3"), None));
    }
}
