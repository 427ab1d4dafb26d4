//! What rooms that show pages need from the rooms that can render and address them: small traits, filled from above.

use std::{fmt, io, sync::Arc, time::Duration};

use crate::{
    error::{Error, Result},
    services::Services,
    site::Folder,
    value::{Map, Value},
};

pub use crate::uses::TemplateUses;

/// One rendering.
#[derive(Clone, Copy)]
pub struct Render<'a> {
    /// The template's name below `templates/`: `film.html`.
    pub template: &'a str,
    /// Only this block of it, where the page asked for `film.html#reviews`. `!subject,text` is all but these blocks: a template that
    /// extends no other one is rendered without them, and one that does, whole.
    pub fragment: Option<&'a str>,
    /// What the handler gave; shared, so that a template takes of a row only what it shows.
    pub values: &'a Arc<Map>,
    /// What the request brings along (`request`, …): found after the handler's values.
    pub context: &'a Arc<dyn Context>,
    /// The namespace of the app whose handler answers: its names go without a prefix in `url(..)`.
    pub app: Option<&'a str>,
    /// The services of the running site.
    pub services: &'a Services,
}

/// Names only: values may be secret.
impl fmt::Debug for Render<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.values.iter().map(|(name, _)| name);
        f.debug_list().entry(&self.template).entry(&self.fragment).entries(names).finish()
    }
}

/// Rows that a template takes one by one: [`Context::rows`]. After an error there are no more.
pub type Rows = Box<dyn Iterator<Item = Result<Value>> + Send + Sync>;

/// Values that are made when a template asks for them.
pub trait Context: Send + Sync {
    /// The names that there are.
    fn names(&self) -> Vec<&str>;

    /// The value of a name.
    fn get(&self, name: &str) -> Option<Value>;

    /// Was everything that a template asked for there? If not, what it shows is a draft: it is rendered again, and no part of it is
    /// kept.
    fn is_whole(&self) -> bool {
        true
    }

    /// The value of a name if it is there already: for error messages, which must make nothing.
    fn peek(&self, name: &str) -> Option<Value> {
        self.get(name)
    }

    /// The messages for this visitor, each with `text`, `level` and `tags`. Who asks has shown them: they do not come again.
    ///
    /// # Errors
    /// If this site can keep no messages.
    fn messages(&self) -> Result<Vec<Value>> {
        Ok(Vec::new())
    }

    /// The rows of a name, which come one by one while the page is rendered, and once only: of pages that leave while they are
    /// rendered. Taking the next one may wait.
    fn rows(&self, name: &str) -> Option<Rows> {
        let _ = name;
        None
    }

    /// The text that shows a request to come from this page rather than from another site's; none where nobody sends the page to a
    /// browser. Another one each time.
    ///
    /// # Errors
    /// If this site can make none.
    fn csrf_token(&self) -> Result<Option<String>> {
        Ok(None)
    }

    /// What the browser is told that the page may load; none where nobody sends the page to one.
    fn policy(&self) -> Option<&dyn PagePolicy> {
        None
    }
}

/// The content security policy of the response that a page is rendered for. A page asks for what it needs beyond the
/// site's own scripts and styles, and only its response allows that.
pub trait PagePolicy: Send + Sync {
    /// A random text that makes inline elements run: `<script nonce="{{ csp_nonce() }}">`, `<style nonce="…">`. One for the
    /// whole response, which then is not cached: whoever kept it would know the text.
    ///
    /// # Errors
    /// If the system has no random numbers.
    fn nonce(&self) -> Result<String>;

    /// Allows a source in a directive: `allow("img-src", "https://images.example.com")`.
    fn allow(&self, directive: &'static str, source: &str);
}

/// Values that are there already.
impl Context for Map {
    fn names(&self) -> Vec<&str> {
        self.iter().map(|(name, _)| name.as_ref()).collect()
    }

    fn get(&self, name: &str) -> Option<Value> {
        self.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone())
    }
}

/// Makes text of a template and values. The site's is in its services as `Arc<dyn Renderer>`.
pub trait Renderer: Send + Sync {
    /// Renders.
    ///
    /// # Errors
    /// Of kind `Template`, with the file, the line and the missing name.
    fn render(&self, what: Render<'_>) -> Result<String>;

    /// Renders into `out`, piece by piece, so that a long page needs never be there as a whole.
    ///
    /// # Errors
    /// As [`render`](Renderer::render); and if nothing more can be written.
    fn render_to(&self, what: Render<'_>, out: &mut dyn io::Write) -> Result<()> {
        Ok(out.write_all(self.render(what)?.as_bytes())?)
    }

    /// What the names held where a rendering failed, secrets masked: for the debug page, as an error itself tells no values.
    fn values_at(&self, error: &Error) -> Vec<(String, String)> {
        let _ = error;
        Vec::new()
    }

    /// May rendering this template ask for this name, in it, its parents or its parts? Yes, where that can't be told.
    fn mentions(&self, template: &str, name: &str) -> bool {
        let _ = (template, name);
        true
    }

    /// Is there a template of this name?
    fn exists(&self, template: &str) -> bool;

    /// The names of the blocks of a template and of those that it extends, as far as that is written down.
    fn blocks(&self, template: &str) -> Vec<String> {
        let _ = template;
        Vec::new()
    }
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

    /// The site's import map, as the element that a page has in its head, and the element that runs the module `run` of it.
    ///
    /// # Errors
    /// If there is none, or something in it leads nowhere.
    fn import_map(&self, run: Option<&str>, policy: Option<&dyn PagePolicy>) -> Result<String> {
        let _ = (run, policy);
        Err(Error::internal("this site has no import map"))
    }

    /// The elements that load `entry`, which Vite builds: `src/main.ts`.
    ///
    /// # Errors
    /// If Vite has built no such entry.
    fn vite(&self, entry: &str, react: bool, policy: Option<&dyn PagePolicy>) -> Result<String> {
        let _ = (entry, react, policy);
        Err(Error::internal("this site has nothing that Vite has built"))
    }
}

/// Addresses of files that were stored: what people uploaded. The site's is in its services as `Arc<dyn StoredFiles>`.
pub trait StoredFiles: Send + Sync {
    /// The address of the file of this name, whether there is one or not.
    fn url(&self, name: &str) -> String;
}

/// Keeps rendered pieces of pages, `{% cache "5m", "sidebar" %}…{% endcache %}`. The site's is in its services as
/// `Arc<dyn FragmentCache>`; where no room brings one, the templates room keeps them in memory.
///
/// Rendering does not wait for anything else, so an implementation that asks over a network should answer fast or say that
/// it has nothing.
pub trait FragmentCache: Send + Sync {
    /// The piece that was kept under this key and is not too old.
    fn get(&self, key: &str) -> Option<Arc<str>>;

    /// Keeps a piece for so long; for ever, if nothing is said. A cache may drop it earlier.
    fn set(&self, key: &str, piece: Arc<str>, keep: Option<Duration>);

    /// Drops a piece.
    fn delete(&self, key: &str);
}

/// Templates and static files that rooms bring along, behind those of all apps: an app has its own by having a file of the same
/// name. A room that starts before those of templates and of the web puts its folder here, among the services, with its files
/// below `templates/` and `static/`.
#[derive(Clone, Debug, Default)]
pub struct Supplied(pub Vec<Folder>);
