//! Addresses of routes, and of anything else.

use std::{
    any::TypeId,
    borrow::Cow,
    fmt,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use quintet_core::{Error, Result, Services, TemplateValue, Value, template::Reverse as _};

use crate::routing::{Routed, Routes, current, fill};

/// What a name or a value in a query string keeps as it is.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// An address: of a route (`film::url(7)`), or any text.
///
/// The address of a route is made when it is shown, because only the running site knows below which prefix the
/// app is installed. In requests, tasks, commands and tests that is the site they belong to; elsewhere the
/// process's only site.
///
/// ```
/// use quintet_web::{Url, get};
/// # use quintet_web::Path;
///
/// #[get("/films/{id}/")]
/// async fn film(Path(id): Path<i64>) -> String {
///     format!("film {id}")
/// }
///
/// assert_eq!(film::url(7).query("tab", "cast & crew").to_string(), "/films/7/?tab=cast%20%26%20crew");
/// assert_eq!(Url::from("/about/").to_string(), "/about/");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    target: Target,
    query: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Target {
    Text(Cow<'static, str>),
    Named { name: Cow<'static, str>, arguments: Vec<(&'static str, String)> },
    Route { key: TypeId, name: &'static str, pattern: &'static str, arguments: Vec<(&'static str, String)> },
}

impl Url {
    /// The address of a route, with texts for its parameters.
    #[doc(hidden)]
    #[must_use]
    pub fn to<R: Routed>(
        name: &'static str,
        pattern: &'static str,
        arguments: Vec<(&'static str, String)>,
    ) -> Self {
        Url {
            target: Target::Route { key: TypeId::of::<R>(), name, pattern, arguments },
            query: String::new(),
        }
    }

    /// The address of the route with this name, as templates write it: `film`, from other apps `cinema:film`. A name that there is
    /// not is found out when the address is made; of handlers with `#[get]`, `film::url(7)` is checked by the compiler.
    ///
    /// ```
    /// use quintet_web::Url;
    /// let url = Url::named("film_detail", [("id", "7")]);
    /// ```
    #[must_use]
    pub fn named<V: fmt::Display>(
        name: impl Into<Cow<'static, str>>,
        arguments: impl IntoIterator<Item = (&'static str, V)>,
    ) -> Self {
        let arguments = arguments.into_iter().map(|(name, value)| (name, value.to_string())).collect();
        Url { target: Target::Named { name: name.into(), arguments }, query: String::new() }
    }

    /// With one more pair in the query string.
    #[must_use]
    pub fn query(mut self, name: &str, value: impl fmt::Display) -> Self {
        if !self.query.is_empty() {
            self.query.push('&');
        }
        self.query.extend(utf8_percent_encode(name, QUERY));
        self.query.push('=');
        self.query.extend(utf8_percent_encode(&value.to_string(), QUERY));
        self
    }

    /// The address as text.
    ///
    /// # Errors
    /// If the route is not installed in the site, or an argument can't stand in a path (it is empty, or `..`).
    pub fn resolve(&self) -> Result<String> {
        let path = match &self.target {
            Target::Text(text) => text.clone().into_owned(),
            Target::Named { name, arguments } => match routes() {
                Some(routes) => routes.url(current::app().as_deref(), name, arguments)?,
                None => {
                    let why = format!("there is no running site in which `{name}` could be looked up");
                    return Err(Error::internal(why));
                }
            },
            Target::Route { key, name, pattern, arguments } => {
                let wrong = |why: String| Error::internal(format!("the route `{name}` ({pattern}): {why}"));
                match routes() {
                    Some(routes) => match routes.of_handler(*key, current::app().as_deref()) {
                        Some(route) => route.pattern.fill(arguments).map_err(wrong)?,
                        None => return Err(wrong("it is not installed: add it to `routes![..]`".to_owned())),
                    },
                    // No site, so no prefix: in unit tests of plain functions.
                    None => fill(pattern, arguments).map_err(wrong)?,
                }
            }
        };
        Ok(self.with_query(path))
    }

    fn with_query(&self, mut path: String) -> String {
        if !self.query.is_empty() {
            let fragment = path.find('#').map(|at| path.split_off(at));
            path.push(if path.contains('?') { '&' } else { '?' });
            path.push_str(&self.query);
            path.extend(fragment);
        }
        path
    }
}

/// The table of the site that this code runs for, else of the process's only site.
fn routes() -> Option<Arc<Routes>> {
    if let Some(services) = Services::current() {
        return services.get::<Arc<Routes>>().cloned();
    }
    let mut sites = sites();
    sites.retain(|site| site.strong_count() > 0);
    match sites.as_slice() {
        [site] => site.upgrade(),
        _ => None,
    }
}

static SITES: Mutex<Vec<Weak<Routes>>> = Mutex::new(Vec::new());

fn sites() -> std::sync::MutexGuard<'static, Vec<Weak<Routes>>> {
    SITES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Remembers a started site for code that runs outside of any request.
pub(crate) fn remember(routes: &Arc<Routes>) {
    sites().push(Arc::downgrade(routes));
}

/// The address; of a route that can't be resolved its pattern, with a warning in the log.
impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.resolve() {
            Ok(text) => f.write_str(&text),
            Err(error) => {
                tracing::warn!("{error}");
                match &self.target {
                    Target::Text(text) => f.write_str(text),
                    Target::Named { .. } => f.write_str("/"),
                    Target::Route { pattern, .. } => f.write_str(pattern),
                }
            }
        }
    }
}

impl From<&'static str> for Url {
    fn from(text: &'static str) -> Self {
        Url { target: Target::Text(Cow::Borrowed(text)), query: String::new() }
    }
}

impl From<String> for Url {
    fn from(text: String) -> Self {
        Url { target: Target::Text(Cow::Owned(text)), query: String::new() }
    }
}

impl From<&String> for Url {
    fn from(text: &String) -> Self {
        text.clone().into()
    }
}

impl From<&Url> for Url {
    fn from(url: &Url) -> Self {
        url.clone()
    }
}

impl TemplateValue for Url {
    fn to_value(&self) -> Value {
        Value::Text(self.to_string())
    }
}

impl serde::Serialize for Url {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_goes_before_the_fragment() {
        let url = Url::from("/a?x=1#top").query("q", "ü").query("r", 2);
        assert_eq!(url.to_string(), "/a?x=1&q=%C3%BC&r=2#top");
    }
}
