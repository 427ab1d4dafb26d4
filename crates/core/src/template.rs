//! What rooms that show pages need from the rooms that can render and address them: small traits, filled from above.

use std::borrow::Cow;

use crate::{error::Result, services::Services, value::Value};

/// One rendering.
#[derive(Debug, Clone, Copy)]
pub struct Render<'a> {
    /// The template's name below `templates/`: `film.html`.
    pub template: &'a str,
    /// Only this block of it, where the page asked for `film.html#reviews`.
    pub fragment: Option<&'a str>,
    /// What the handler gave.
    pub values: &'a [(Cow<'static, str>, Value)],
    /// What the request brings along (`request`, …): found after the handler's values.
    pub context: &'a [(Cow<'static, str>, Value)],
    /// The namespace of the app whose handler answers: its names go without a prefix in `url(..)`.
    pub app: Option<&'a str>,
    /// The services of the running site.
    pub services: &'a Services,
}

/// Makes text of a template and values. The site's is in its services as `Arc<dyn Renderer>`.
pub trait Renderer: Send + Sync {
    /// Renders.
    ///
    /// # Errors
    /// Of kind `Template`, with the file, the line and the missing name.
    fn render(&self, what: Render<'_>) -> Result<String>;

    /// Is there a template of this name?
    fn exists(&self, template: &str) -> bool;
}

/// Addresses by route name, for templates. The site's is in its services as `Arc<dyn Reverse>`.
pub trait Reverse: Send + Sync {
    /// The address of the route `name` (`film`, or `cinema:film` from outside the app).
    ///
    /// # Errors
    /// If there is no such route (with the nearest name), or the arguments are not its parameters.
    fn url(&self, app: Option<&str>, name: &str, arguments: &[(&str, String)]) -> Result<String>;

    /// The parameters of a route, or `None` if no route is named so.
    fn parameters(&self, app: Option<&str>, name: &str) -> Option<Vec<String>>;

    /// All names, qualified, for "did you mean".
    fn names(&self) -> Vec<String>;
}

/// Addresses of static files. The site's is in its services as `Arc<dyn Assets>`.
pub trait Assets: Send + Sync {
    /// The address of the file `path` below an app's `static/`.
    ///
    /// # Errors
    /// If no app has such a file (with the nearest name).
    fn url(&self, path: &str) -> Result<String>;
}
