//! What handlers say about their answers: `Cache-Control` and `Vary`.

use axum::response::{IntoResponseParts, ResponseParts};
use http::{HeaderName, HeaderValue, header};
use quintet_core::{Error, Result, settings::parse_duration};

/// A `Cache-Control` header, to be answered beside something: made by [`cache_control`] and [`never_cache`].
///
/// ```
/// use quintet_web::{get, cached::cache_control};
///
/// /// Browsers keep it for an hour, shared caches for a day.
/// #[get("/logo.svg")]
/// async fn logo() -> (quintet_web::cached::CacheControl, &'static str) {
///     (cache_control().public().max_age("1h").s_maxage("1d"), "<svg></svg>")
/// }
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "it is answered beside something: (cache_control().public(), page)"]
pub struct CacheControl {
    words: Vec<String>,
    /// A text that is no span of time.
    wrong: Option<String>,
}

/// A `Cache-Control` header that says nothing yet.
pub fn cache_control() -> CacheControl {
    CacheControl::default()
}

/// Nobody keeps the answer: `max-age=0, no-cache, no-store, must-revalidate, private`.
pub fn never_cache() -> CacheControl {
    let words = ["max-age=0", "no-cache", "no-store", "must-revalidate", "private"];
    CacheControl { words: words.map(str::to_owned).into(), wrong: None }
}

impl CacheControl {
    fn word(mut self, word: &str) -> Self {
        self.words.push(word.to_owned());
        self
    }

    fn span(mut self, name: &str, span: &str) -> Self {
        match parse_duration(span) {
            Ok(span) => self.words.push(format!("{name}={}", span.as_secs())),
            Err(why) => self.wrong = Some(format!("{name} \"{span}\" {why}")),
        }
        self
    }

    /// How long it may be used without asking: `"5m"`.
    pub fn max_age(self, span: &str) -> Self {
        self.span("max-age", span)
    }

    /// The same for caches that many share, this site's own among them.
    pub fn s_maxage(self, span: &str) -> Self {
        self.span("s-maxage", span)
    }

    /// How long an old one may be used while a new one is fetched.
    pub fn stale_while_revalidate(self, span: &str) -> Self {
        self.span("stale-while-revalidate", span)
    }

    /// How long an old one may be used if there is an error.
    pub fn stale_if_error(self, span: &str) -> Self {
        self.span("stale-if-error", span)
    }

    /// For everybody.
    pub fn public(self) -> Self {
        self.word("public")
    }

    /// For this visitor alone.
    pub fn private(self) -> Self {
        self.word("private")
    }

    /// It may be kept, but not be used without asking.
    pub fn no_cache(self) -> Self {
        self.word("no-cache")
    }

    /// It must not be kept.
    pub fn no_store(self) -> Self {
        self.word("no-store")
    }

    /// An old one must not be used, come what may.
    pub fn must_revalidate(self) -> Self {
        self.word("must-revalidate")
    }

    /// It never changes.
    pub fn immutable(self) -> Self {
        self.word("immutable")
    }
}

/// It takes the place of another `Cache-Control`. A span of time that is none makes the answer an error.
impl IntoResponseParts for CacheControl {
    type Error = Error;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts> {
        if let Some(wrong) = self.wrong {
            return Err(Error::internal(format!("Cache-Control: {wrong}")));
        }
        parts.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::try_from(self.words.join(", "))?);
        Ok(parts)
    }
}

/// A `Vary` header, to be answered beside something: made by [`vary_on`].
#[derive(Debug, Clone)]
#[must_use = "it is answered beside something: (vary_on([\"accept-language\"]), page)"]
pub struct VaryOn(Vec<String>);

/// The answer is another one if one of these request headers is: caches keep one for each.
///
/// ```
/// use quintet_web::{get, cached::{VaryOn, vary_on}};
///
/// #[get("/hello/", cache = "5m")]
/// async fn hello() -> (VaryOn, &'static str) {
///     (vary_on(["accept-language"]), "Hallo")
/// }
/// ```
pub fn vary_on<N: Into<String>>(names: impl IntoIterator<Item = N>) -> VaryOn {
    VaryOn(names.into_iter().map(Into::into).collect())
}

/// It is added to what is there. A name that is none makes the answer an error.
impl IntoResponseParts for VaryOn {
    type Error = Error;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts> {
        for name in self.0 {
            let value = HeaderName::try_from(&name)
                .map(HeaderValue::from)
                .map_err(|_| Error::internal(format!("Vary: `{name}` is no name of a header")))?;
            parts.headers_mut().append(header::VARY, value);
        }
        Ok(parts)
    }
}
