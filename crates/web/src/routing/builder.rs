//! The methods that the web room adds to apps and sites, and what they keep for the start.

use std::{borrow::Cow, convert::Infallible, fmt, panic::Location, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::Request,
    handler::Handler,
    response::IntoResponse,
    routing::{MethodFilter, MethodRouter, Route as AxumRoute, on},
};
use quintet_core::{App, GivenValues, Site, settings::parse_duration};
use tower::{Layer, Service};

use super::{RouteGuard, route::Route};
use crate::{
    around::{Provide, Provided, maker},
    cors::Cors,
};

/// What an app or a site brings to the web room.
#[derive(Default)]
pub(crate) struct WebSlot {
    pub(crate) entries: Vec<Entry>,
    pub(crate) layers: Vec<Box<dyn Fn(Router) -> Router + Send + Sync>>,
    /// Values for templates.
    pub(crate) around: Vec<Provided>,
    /// Is a request that changes something one transaction?
    pub(crate) atomic: Option<bool>,
    /// Must what changes something come from the site's own pages?
    pub(crate) csrf: Option<bool>,
    /// The paths for which it need not, and who says so.
    pub(crate) csrf_exempt: Vec<(String, &'static Location<'static>)>,
    /// Pages of other origins that may read answers, and who says so.
    pub(crate) cors: Option<(Cors, &'static Location<'static>)>,
    /// For how long answers are kept, where routes don't say.
    pub(crate) cache: Option<Result<Duration, String>>,
}

/// Routes that rooms bring, beside those of apps: a room puts them among the services before the web room starts.
///
/// ```
/// use quintet_web::{SuppliedRoutes, axum::routing::get};
///
/// let mut supplied = SuppliedRoutes::default();
/// supplied.get("/health/", get(async || "fine"));
/// ```
#[derive(Clone, Default, Debug)]
pub struct SuppliedRoutes(Vec<(String, MethodRouter, &'static Location<'static>)>);

impl SuppliedRoutes {
    /// Answers GET at a path.
    #[track_caller]
    pub fn get(&mut self, path: impl Into<String>, methods: MethodRouter) {
        self.0.push((path.into(), methods, Location::caller()));
    }

    pub(crate) fn slot(&self) -> WebSlot {
        let entry = |(path, methods, at): &(String, MethodRouter, &'static Location<'static>)| Entry {
            path: path.clone(),
            at: (at.file(), at.line()),
            name: None,
            guard: None,
            what: What::Handler("GET", methods.clone()),
        };
        WebSlot { entries: self.0.iter().map(entry).collect(), ..WebSlot::default() }
    }
}

/// Something at a path.
pub(crate) struct Entry {
    pub(crate) path: String,
    pub(crate) at: (&'static str, u32),
    /// What addresses call it, where no attribute says so.
    pub(crate) name: Option<&'static str>,
    /// Who says who may pass, where no attribute does.
    pub(crate) guard: Option<Arc<dyn RouteGuard>>,
    pub(crate) what: What,
}

pub(crate) enum What {
    /// Of an attribute: name, reverse and needs are known.
    Declared(Route),
    /// A plain axum handler for one method.
    Handler(&'static str, MethodRouter),
    /// axum's own table of methods.
    Methods(MethodRouter),
    /// A whole axum router below the path.
    Mount(Router),
}

impl fmt::Debug for WebSlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.entries.iter().map(|e| &e.path)).finish()
    }
}

/// Routes, routers, layers and values, on apps and on the site itself.
///
/// Paths of an app stand below its prefix ([`App::at`]). Everything of axum mounts as it is: handlers,
/// method routers, routers and tower layers.
///
/// ```
/// use quintet_core::Site;
/// use quintet_web::{Routing, axum};
///
/// let site = Site::new()
///     .get("/", async || "Hello, world!")
///     .mount("/old", axum::Router::new().route("/", axum::routing::get(async || "still here")));
/// # let _ = site;
/// ```
pub trait Routing: Sized {
    #[doc(hidden)]
    fn web(&mut self) -> WebPart<'_>;

    #[doc(hidden)]
    fn values(&mut self) -> &mut GivenValues;

    /// Installs handlers that have `#[get(..)]` and the like: `.routes(routes![home, film])`.
    #[must_use]
    fn routes(mut self, routes: Vec<Route>) -> Self {
        self.web().0.entries.extend(routes.into_iter().map(|route| Entry {
            path: route.declared.path.to_owned(),
            at: (route.declared.file, route.declared.line),
            name: Some(route.declared.name),
            guard: route.guard.clone(),
            what: What::Declared(route),
        }));
        self
    }

    /// Names a value that all templates of the site find, made by an async function that takes what handlers take, but for the body.
    ///
    /// It runs only for pages that ask for the name, error pages among them. Where apps share a name, the first installed wins; a
    /// value that a handler gives its page comes before.
    ///
    /// ```
    /// use quintet_core::{Result, Site};
    /// use quintet_web::{Routing, State};
    ///
    /// #[derive(Clone)]
    /// struct Opening(&'static str);
    ///
    /// // {{ opening }}
    /// let site = Site::new()
    ///     .with(Opening("8 p.m."))
    ///     .context("opening", async |State(opening): State<Opening>| Ok(opening.0));
    /// # let _ = site;
    /// ```
    #[must_use]
    fn context<Function, Arguments>(mut self, name: impl Into<Cow<'static, str>>, make: Function) -> Self
    where
        Function: Provide<Arguments>,
    {
        self.web().0.around.push(Provided { name: name.into(), make: maker(make) });
        self
    }

    /// Answers GET (and HEAD) at `path` with an axum handler.
    #[must_use]
    #[track_caller]
    fn get<H, T>(self, path: &str, handler: H) -> Self
    where
        H: Handler<T, ()>,
        T: 'static,
    {
        handle(self, path, "GET", on(MethodFilter::GET, handler), Location::caller())
    }

    /// Answers POST at `path` with an axum handler.
    #[must_use]
    #[track_caller]
    fn post<H, T>(self, path: &str, handler: H) -> Self
    where
        H: Handler<T, ()>,
        T: 'static,
    {
        handle(self, path, "POST", on(MethodFilter::POST, handler), Location::caller())
    }

    /// Answers PUT at `path` with an axum handler.
    #[must_use]
    #[track_caller]
    fn put<H, T>(self, path: &str, handler: H) -> Self
    where
        H: Handler<T, ()>,
        T: 'static,
    {
        handle(self, path, "PUT", on(MethodFilter::PUT, handler), Location::caller())
    }

    /// Answers PATCH at `path` with an axum handler.
    #[must_use]
    #[track_caller]
    fn patch<H, T>(self, path: &str, handler: H) -> Self
    where
        H: Handler<T, ()>,
        T: 'static,
    {
        handle(self, path, "PATCH", on(MethodFilter::PATCH, handler), Location::caller())
    }

    /// Answers DELETE at `path` with an axum handler.
    #[must_use]
    #[track_caller]
    fn delete<H, T>(self, path: &str, handler: H) -> Self
    where
        H: Handler<T, ()>,
        T: 'static,
    {
        handle(self, path, "DELETE", on(MethodFilter::DELETE, handler), Location::caller())
    }

    /// Answers at `path` with axum's own table of methods. Nothing else may be at that path.
    #[must_use]
    #[track_caller]
    fn route(self, path: &str, methods: MethodRouter) -> Self {
        entry(self, path, What::Methods(methods), Location::caller())
    }

    /// The same with a name, by which templates (`url("about")`) and [`Url::named`](crate::Url::named) find it.
    #[must_use]
    #[track_caller]
    fn route_named(self, name: &'static str, path: &str, methods: MethodRouter) -> Self {
        named(self, Some(name), path, What::Methods(methods), Location::caller())
    }

    #[doc(hidden)]
    #[must_use]
    fn route_guarded_at(
        mut self,
        name: &'static str,
        path: &str,
        methods: MethodRouter,
        guard: Option<Arc<dyn RouteGuard>>,
        at: &'static Location<'static>,
    ) -> Self {
        let at = (at.file(), at.line());
        let what = What::Methods(methods);
        self.web().0.entries.push(Entry { path: path.to_owned(), at, name: Some(name), guard, what });
        self
    }

    /// Puts an axum router below `prefix`; at `/` it gets whatever no other route takes.
    #[must_use]
    #[track_caller]
    fn mount(self, prefix: &str, router: Router) -> Self {
        entry(self, prefix, What::Mount(router), Location::caller())
    }

    /// Wraps a tower layer around the routes: all of the site's if it is given to the site, the app's own
    /// if it is given to an app. As in axum, the last added sees a request first.
    ///
    /// It stands outside of handlers, so that it sees finished pages and error pages; and an error that it
    /// answers itself is made into a page too.
    #[must_use]
    fn layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<AxumRoute> + Clone + Send + Sync + 'static,
        L::Service: Service<Request> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Response: IntoResponse + 'static,
        <L::Service as Service<Request>>::Error: Into<Infallible> + 'static,
        <L::Service as Service<Request>>::Future: Send + 'static,
    {
        self.web().0.layers.push(Box::new(move |router| router.layer(layer.clone())));
        self
    }

    /// Makes each request that may change something (`POST`, `PUT`, `PATCH`, `DELETE`) one transaction, or keeps it from being
    /// one: those of the app's routes, or of all that don't say otherwise if it is given to the site. Routes say for
    /// themselves with `#[post("/…", atomic)]` or `atomic = false`; what nobody says is `[database] atomic_requests`.
    ///
    /// A response below 400 commits, any other one and a panic roll back. If the commit fails, its error is the response.
    #[must_use]
    fn atomic(mut self, atomic: bool) -> Self {
        self.web().0.atomic = Some(atomic);
        self
    }

    /// Has what changes something (`POST`, `PUT`, `PATCH`, `DELETE`) come from the site's own pages, or leaves that to the handlers:
    /// for all of an app's routes that don't say so for themselves (`#[post("/hook", csrf = false)]`), or of the site's own if it is
    /// given to the site. It is so unless somebody says otherwise; see [`csrf`](crate::csrf).
    #[must_use]
    fn csrf(mut self, csrf: bool) -> Self {
        self.web().0.csrf = Some(csrf);
        self
    }

    /// Lets what changes something come from anywhere at this path of the app or site, as [`route`](Self::route) or
    /// [`mount`](Self::mount) was given it: for callers that are no browsers, and prove otherwise who they are.
    ///
    /// ```
    /// use quintet_core::Site;
    /// use quintet_web::Routing;
    ///
    /// let site = Site::new().post("/hook", async || "thanks").csrf_exempt("/hook");
    /// # let _ = site;
    /// ```
    #[must_use]
    #[track_caller]
    fn csrf_exempt(mut self, path: &str) -> Self {
        self.web().0.csrf_exempt.push((path.to_owned(), Location::caller()));
        self
    }

    /// Lets scripts of other origins' pages read what the app's routes answer, or what all answer if it is given to the site; see
    /// [`Cors`]. What browsers ask beforehand is answered before the app's layers and guards.
    #[must_use]
    #[track_caller]
    fn cors(mut self, cors: Cors) -> Self {
        self.web().0.cors = Some((cors, Location::caller()));
        self
    }

    /// Keeps what the app's routes answer to GET for so long (`"5m"`), and answers it to others who ask: of all routes that don't say
    /// otherwise (`#[get("/…", cache = "1h")]`, `cache = false`), and if it is given to the site, of all apps that don't.
    ///
    /// Never kept is what is for one visitor: with a cookie that is set, a token, a nonce, `Cache-Control: private`; nor anything but
    /// 200. See [`cached`](crate::cached).
    #[must_use]
    fn cached(mut self, keep: impl Into<String>) -> Self {
        let keep = keep.into();
        self.web().0.cache = Some(parse_duration(&keep).map_err(|why| format!("cached(\"{keep}\"): {why}")));
        self
    }

    /// Gives the site a value: handlers take it as `State<T>`, tasks and commands as `&State<T>`. One value
    /// a type.
    ///
    /// It is there before any of the framework's parts starts. Those that can be replaced take what they find: a `Cache` or `Storage` of
    /// your own, an `Arc<dyn SessionStore>`, and others, as their pages of the guide say.
    #[must_use]
    #[track_caller]
    fn with<T: Clone + Send + Sync + 'static>(mut self, value: T) -> Self {
        self.values().add(value);
        self
    }
}

/// The web room's part of an app or a site.
#[doc(hidden)]
#[derive(Debug)]
pub struct WebPart<'a>(&'a mut WebSlot);

impl Routing for App {
    fn web(&mut self) -> WebPart<'_> {
        WebPart(self.slot_mut())
    }

    fn values(&mut self) -> &mut GivenValues {
        self.slot_mut()
    }
}

impl Routing for Site {
    fn web(&mut self) -> WebPart<'_> {
        WebPart(self.slot_mut())
    }

    fn values(&mut self) -> &mut GivenValues {
        self.slot_mut()
    }
}

fn handle<S: Routing>(
    site: S,
    path: &str,
    method: &'static str,
    handler: MethodRouter,
    at: &'static Location<'static>,
) -> S {
    entry(site, path, What::Handler(method, handler), at)
}

fn entry<S: Routing>(site: S, path: &str, what: What, at: &'static Location<'static>) -> S {
    named(site, None, path, what, at)
}

fn named<S: Routing>(
    mut site: S,
    name: Option<&'static str>,
    path: &str,
    what: What,
    at: &'static Location<'static>,
) -> S {
    let at = (at.file(), at.line());
    site.web().0.entries.push(Entry { path: path.to_owned(), at, name, guard: None, what });
    site
}
