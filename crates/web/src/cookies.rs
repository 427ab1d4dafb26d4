//! The cookies of a request.

use http::{HeaderMap, HeaderValue, header};

/// The `Cookie` headers as they came. Costs nothing where there are none.
#[derive(Debug, Default, Clone)]
pub(crate) struct Cookies(Vec<HeaderValue>);

impl Cookies {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        // HTTP/2 may send them one by one.
        Cookies(headers.get_all(header::COOKIE).iter().cloned().collect())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, by their names.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let texts = self.0.iter().filter_map(|value| value.to_str().ok());
        texts.flat_map(|pairs| pairs.split(';')).filter_map(|pair| pair.trim().split_once('='))
    }

    /// The value of the first cookie of this name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let texts = self.0.iter().filter_map(|value| value.to_str().ok());
        let mut pairs = texts.flat_map(|pairs| pairs.split(';'));
        pairs.find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        assert!(Cookies::of(&headers).is_empty());
        headers.append(header::COOKIE, HeaderValue::from_static("a=csrf=1; xcsrf=2"));
        assert_eq!(Cookies::of(&headers).get("csrf"), None);
        headers.append(header::COOKIE, HeaderValue::from_static("b=3; csrf=a:b=; csrf=late"));
        assert_eq!(Cookies::of(&headers).get("csrf"), Some("a:b="));
        assert_eq!(Cookies::of(&headers).get("xcsrf"), Some("2"));
    }
}
