//! All routes of a site: what the overview lists and addresses are made from.

use std::{
    any::TypeId,
    collections::HashMap,
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

use quintet_core::{Error, Result, SourcePlace, near::nearest, template::Reverse};

use super::{RouteGuard, atomic::Atomic, pattern::Pattern, route::Need};

/// A route of a running site, as lists and error pages show it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RouteInfo {
    /// The methods that it answers; empty if an axum router decides.
    pub methods: Vec<&'static str>,
    /// The whole path, with the app's prefix: `/films/{id}/`.
    pub path: String,
    /// The name in its app, if it has one.
    pub name: Option<&'static str>,
    /// The namespace of its app; empty for the site's own.
    pub app: Arc<str>,
    /// The handler's doc comment.
    pub doc: &'static str,
    /// The file that declares it.
    pub file: &'static str,
    /// The line in it.
    pub line: u32,
    /// Does it speak JSON, so that its errors are problem documents?
    pub api: bool,
    /// Do its handlers of unsafe methods finish when the client has gone?
    pub detach: bool,
    /// Which of its requests are one transaction each.
    pub atomic: Atomic,
    /// Bytes that the body of a request may have, if that is not what `[server] max_body_size` says.
    pub max_body: Option<u64>,
    /// Must what changes something come from the site's own pages?
    pub csrf: bool,
    /// For how long its answers are kept and given to others, if they are.
    pub cache: Option<Duration>,
    /// Parameters of the path that no log shows, beside those whose names say so.
    pub secret: &'static [&'static str],
    /// Who says who may pass, beside the guards of the app and of the site.
    pub guard: Option<Arc<dyn RouteGuard>>,
    pub(crate) label: Arc<str>,
    pub(crate) key: Option<TypeId>,
    pub(crate) pattern: Pattern,
    pub(crate) needs: Vec<Need>,
}

/// As it is described in messages.
impl fmt::Display for RouteInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.describe())
    }
}

impl RouteInfo {
    /// The name as other apps write it: `cinema:film`; of the site's own routes just the name.
    #[must_use]
    pub fn qualified(&self) -> Option<String> {
        let name = self.name?;
        Some(if self.app.is_empty() { name.to_owned() } else { format!("{}:{name}", self.app) })
    }

    /// The place that declares it.
    #[must_use]
    pub fn place(&self) -> SourcePlace {
        SourcePlace::new(self.file, self.line as usize)
    }

    /// In messages: `GET /films/{id}/ (film, src/pages.rs:12)`.
    pub(crate) fn describe(&self) -> String {
        let methods =
            if self.methods.is_empty() { "any method of".to_owned() } else { self.methods.join("|") };
        let name = self.qualified().map(|n| format!("`{n}`, ")).unwrap_or_default();
        format!("{methods} {} ({name}{}:{})", self.path, self.file, self.line)
    }
}

/// All routes, findable by name, by handler and by path. In the services of a running site as `Arc<Routes>`.
#[derive(Debug, Default)]
pub struct Routes {
    all: Vec<Arc<RouteInfo>>,
    /// Namespace → name → route.
    names: HashMap<Arc<str>, HashMap<&'static str, usize>>,
    /// Type of the handler → its installations.
    keys: HashMap<TypeId, Vec<usize>>,
    pub(super) paths: matchit::Router<usize>,
    /// Paths with secret parameters.
    pub(super) secret: OnceLock<Vec<SecretPath>>,
}

/// A path that has secret parameters.
#[derive(Debug)]
pub(super) struct SecretPath {
    /// What it begins with, up to the first parameter.
    pub(super) start: String,
    /// As the router has it.
    pub(super) path: String,
    /// Its secret parameters.
    pub(super) names: Vec<String>,
}

impl Routes {
    /// Adds a route.
    ///
    /// # Errors
    /// If another one has its name in the same app, or its path can't stand beside another's.
    pub(crate) fn add(&mut self, route: Arc<RouteInfo>) -> Result {
        let index = self.all.len();
        if let Some(name) = route.name {
            let names = self.names.entry(route.app.clone()).or_default();
            if let Some(other) = names.insert(name, index).and_then(|i| self.all.get(i)) {
                return Err(clash(
                    &route,
                    other,
                    &format!("two routes are named `{name}`; give one of them `name = \"…\"`"),
                ));
            }
        }
        if let Some(key) = route.key {
            self.keys.entry(key).or_default().push(index);
        }
        self.all.push(route);
        Ok(())
    }

    /// Takes a path as axum's router will; a path that is there already is fine.
    pub(crate) fn take_path(&mut self, path: &str, route: &Arc<RouteInfo>) -> Result {
        let index = self.all.len().saturating_sub(1);
        match self.paths.insert(path, index) {
            Ok(()) => Ok(()),
            Err(matchit::InsertError::Conflict { with }) if with == path => Ok(()),
            Err(matchit::InsertError::Conflict { with }) => {
                let other = self.all.iter().find(|other| other.pattern.for_axum() == with);
                let why =
                    format!("the path `{}` can't be told from `{with}`; make one of them differ", route.path);
                Err(match other {
                    Some(other) => clash(route, other, &why),
                    None => Error::internal(why).in_file(route.place()),
                })
            }
            Err(error) => Err(Error::internal(format!("the path `{path}`: {error}")).in_file(route.place())),
        }
    }

    /// Does any route take this path, whatever the method?
    pub(crate) fn takes(&self, path: &str) -> bool {
        self.paths.at(path).is_ok()
    }

    /// All of them: the site's own first, then app by app, in the order in which they were declared.
    #[must_use]
    pub fn all(&self) -> &[Arc<RouteInfo>] {
        &self.all
    }

    /// The installation of a handler that `app` means: its own, else the first.
    pub(crate) fn of_handler(&self, key: TypeId, app: Option<&str>) -> Option<&RouteInfo> {
        let found = self.keys.get(&key)?;
        let mut routes = found.iter().filter_map(|i| self.all.get(*i));
        routes.clone().find(|r| Some(&*r.app) == app).or_else(|| routes.next()).map(|r| &**r)
    }

    /// The route that `name` means in `app`.
    ///
    /// `cart` is looked up in the app, then in the site's own routes. `shop:cart` in code of the app `shop` is its own, whatever
    /// the installation is called; elsewhere it names an installation, else the first of the app of that label.
    fn named(&self, app: Option<&str>, name: &str) -> Option<&RouteInfo> {
        let Some((qualifier, name)) = name.split_once(':') else {
            let own = app.and_then(|app| self.at(app, name));
            return own.or_else(|| self.at("", name));
        };
        let mut labelled = self.all.iter().filter(|r| &*r.label == qualifier && r.name == Some(name));
        if let Some(own) = labelled.clone().find(|r| Some(&*r.app) == app) {
            return Some(&**own);
        }
        self.at(qualifier, name).or_else(|| labelled.next().map(|r| &**r))
    }

    fn at(&self, namespace: &str, name: &str) -> Option<&RouteInfo> {
        let index = self.names.get(namespace)?.get(name)?;
        self.all.get(*index).map(|r| &**r)
    }

    fn unknown(&self, app: Option<&str>, name: &str) -> Error {
        let names = self.names();
        let short =
            self.all.iter().filter(|r| Some(&*r.app) == app || r.app.is_empty()).filter_map(|r| r.name);
        // `detail` may be meant for `shop:detail`: the same word in another app is nearer than any other.
        let elsewhere = names.iter().find(|n| n.split_once(':').is_some_and(|(_, n)| n == name));
        let near = nearest(name, short)
            .or(elsewhere.map(String::as_str))
            .or_else(|| nearest(name, names.iter().map(String::as_str)));
        let hint = match near {
            Some(near) => format!("; did you mean `{near}`?"),
            None if names.is_empty() => "; no route has a name".to_owned(),
            None => format!("; the names are {}", names.join(", ")),
        };
        Error::internal(format!("no route is named `{name}`{hint}"))
    }
}

impl Reverse for Routes {
    fn url(&self, app: Option<&str>, name: &str, arguments: &[(&str, String)]) -> Result<String> {
        let route = self.named(app, name).ok_or_else(|| self.unknown(app, name))?;
        let parameters = route.pattern.names();
        if let Some((extra, _)) = arguments.iter().find(|(n, _)| !parameters.iter().any(|p| p == n)) {
            let near = nearest(extra, parameters.iter().map(String::as_str));
            let hint = match (near, parameters.is_empty()) {
                (Some(near), _) => format!("; did you mean `{near}`?"),
                (None, true) => "; it has none".to_owned(),
                (None, false) => format!("; it has {}", parameters.join(", ")),
            };
            return Err(Error::internal(format!("the route `{name}` has no parameter `{extra}`{hint}")));
        }
        route
            .pattern
            .fill(arguments)
            .map_err(|why| Error::internal(format!("the route `{name}` ({}): {why}", route.path)))
    }

    fn parameters(&self, app: Option<&str>, name: &str) -> Option<Vec<String>> {
        Some(self.named(app, name)?.pattern.names())
    }

    fn names(&self) -> Vec<String> {
        self.all.iter().filter_map(|r| r.qualified()).collect()
    }
}

/// Two routes that can't both be: the error points at the second and names the first.
pub(crate) fn clash(second: &RouteInfo, first: &RouteInfo, why: &str) -> Error {
    Error::internal(format!("{why}: {} and {}", second.describe(), first.describe())).in_file(second.place())
}
