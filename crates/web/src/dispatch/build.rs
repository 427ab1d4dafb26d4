//! From a declared site to its routes and an axum router: paths are checked here, so that axum never panics.

use std::{collections::HashMap, sync::Arc, time::Duration};

use axum::{
    Router,
    routing::{MethodFilter, MethodRouter, on_service},
};
use quintet_core::{App, Error, Result, Site, SourcePlace, near::did_you_mean};

use super::{
    endpoint::{Endpoint, EndpointLayer, Handle},
    panics, unmatched,
};
use crate::cached;
use crate::routing::{self, Atomic, Entry, Pattern, RouteInfo, Routes, SuppliedRoutes, WebSlot, What, clash};

/// The routes of a site and the axum router that answers them. It needs the services of the running site in
/// each request: [`service`](crate::service) puts them there.
///
/// # Errors
/// If two routes have one name, one method at one path, or paths that can't be told apart; and if a path is
/// malformed. The error names the lines that declare them.
pub(crate) fn build(site: &Site, supplied: Option<&SuppliedRoutes>) -> Result<(Routes, Router)> {
    check_namespaces(site)?;
    panics::watch();
    let atomic = site.slot::<WebSlot>().and_then(|slot| slot.atomic);
    let cache = site.slot::<WebSlot>().and_then(|slot| slot.cache.clone());
    let mut builder = Builder { atomic, cache, ..Builder::default() };
    let mut whole = Router::new();
    for part in site.parts() {
        let Some(slot) = part.slot::<WebSlot>() else { continue };
        let own = part.label().is_empty();
        let mut router = builder.part(part, slot)?;
        // The site's own layers go around everything, at the end.
        if !own {
            for layer in &slot.layers {
                router = layer(router);
            }
            router = with_cors(router, slot)?;
        }
        whole = whole.merge(router);
    }
    if let Some(supplied) = supplied {
        whole = whole.merge(builder.part(site.own(), &supplied.slot())?);
    }
    whole = match builder.rest.take() {
        Some((_, router)) => whole.fallback_service(router),
        None => whole.fallback(unmatched::answer),
    };
    for layer in site.slot::<WebSlot>().map(|slot| slot.layers.as_slice()).unwrap_or_default() {
        whole = layer(whole);
    }
    if let Some(slot) = site.slot::<WebSlot>() {
        whole = with_cors(whole, slot)?;
    }
    Ok((builder.routes, whole))
}

/// Outside of all layers: who asks whether he may ask has not logged in.
fn with_cors(router: Router, slot: &WebSlot) -> Result<Router> {
    let Some((cors, at)) = &slot.cors else { return Ok(router) };
    let place = SourcePlace::new(at.file(), at.line() as usize);
    Ok(router.layer(cors.layer().map_err(|error| error.in_file(place))?))
}

/// Two apps of one namespace would share their routes' names.
fn check_namespaces(site: &Site) -> Result {
    let mut seen = Vec::new();
    for app in site.apps() {
        if seen.contains(&app.namespace()) {
            let name = app.namespace();
            return Err(Error::internal(format!(
                "two apps are installed as `{name}`: give one of them another name, `.named(\"…\")`"
            )));
        }
        seen.push(app.namespace());
    }
    Ok(())
}

#[derive(Default)]
struct Builder {
    routes: Routes,
    /// Path as axum has it → what is there.
    taken: HashMap<String, Vec<Arc<RouteInfo>>>,
    /// What was mounted at `/`.
    rest: Option<(Arc<RouteInfo>, Router)>,
    /// What the site says about requests as transactions.
    atomic: Option<bool>,
    /// What the site says about keeping answers.
    cache: Option<Result<Duration, String>>,
}

impl Builder {
    fn part(&mut self, part: &App, slot: &WebSlot) -> Result<Router> {
        let mut router = Router::new();
        check_exempt(slot)?;
        let cache = self.cache(slot)?;
        for entry in &slot.entries {
            let info = Arc::new(describe(part, entry, slot, (self.atomic, cache))?);
            self.routes.add(info.clone())?;
            let layer = EndpointLayer(info.clone());
            match &entry.what {
                What::Mount(inner) => {
                    router = self.mount(router, inner.clone().layer(layer), &info)?;
                    continue;
                }
                What::Declared(route) => {
                    // The handler itself, not a layer around it: axum would box each of them once a request.
                    let endpoint = Endpoint::new(Handle(route.run), info.clone());
                    router = router.route(&self.path(&info)?, on_service(filter(&info.methods), endpoint));
                }
                What::Handler(_, methods) => {
                    let methods: MethodRouter = methods.clone();
                    router = router.route(&self.path(&info)?, methods.route_layer(layer));
                }
                // Not only around routes: a table may have none of its own, as that of `any(..)`.
                What::Methods(methods) => {
                    router = router.route(&self.path(&info)?, methods.clone().layer(layer));
                }
            }
        }
        Ok(router)
    }

    /// For how long answers of a part are kept, where routes don't say.
    fn cache(&self, slot: &WebSlot) -> Result<Option<Duration>> {
        match slot.cache.as_ref().or(self.cache.as_ref()) {
            Some(Ok(keep)) => Ok(Some(*keep)),
            Some(Err(wrong)) => Err(Error::internal(wrong.clone())),
            None => Ok(None),
        }
    }

    /// The path for axum, once it is sure that axum will take it.
    fn path(&mut self, info: &Arc<RouteInfo>) -> Result<String> {
        let path = info.pattern.for_axum();
        let others = self.taken.entry(path.clone()).or_default();
        for other in others.iter() {
            // The methods of axum's own tables are not known: such a table stands alone at its path.
            let unknown = info.methods.is_empty() || other.methods.is_empty();
            if unknown || info.methods.iter().any(|m| other.methods.contains(m)) {
                return Err(clash(info, other, "two routes answer the same method at one path"));
            }
        }
        others.push(info.clone());
        self.routes.take_path(&path, info)?;
        Ok(path)
    }

    fn mount(&mut self, router: Router, inner: Router, info: &Arc<RouteInfo>) -> Result<Router> {
        let prefix = info.pattern.for_axum();
        let prefix = prefix.trim_end_matches('/');
        if prefix.is_empty() {
            if let Some((other, _)) = &self.rest {
                return Err(clash(info, other, "two routers are mounted at `/`; merge them"));
            }
            self.rest = Some((info.clone(), inner));
            return Ok(router);
        }
        for path in [prefix.to_owned(), format!("{prefix}/"), format!("{prefix}/{{*rest}}")] {
            let others = self.taken.entry(path.clone()).or_default();
            if let Some(other) = others.first() {
                return Err(clash(info, other, "a router is mounted where a route is"));
            }
            others.push(info.clone());
            self.routes.take_path(&path, info)?;
        }
        Ok(router.nest_service(prefix, inner))
    }
}

/// What is let pass must be there: else somebody believes that it is, or that something else is not.
fn check_exempt(slot: &WebSlot) -> Result {
    let paths = || slot.entries.iter().map(|entry| entry.path.as_str());
    let Some((path, at)) = slot.csrf_exempt.iter().find(|(path, _)| !paths().any(|known| known == path))
    else {
        return Ok(());
    };
    let near = did_you_mean(path, paths());
    let place = SourcePlace::new(at.file(), at.line() as usize);
    Err(Error::internal(format!("csrf_exempt: nothing is at the path `{path}`{near}")).in_file(place))
}

fn describe(
    part: &App,
    entry: &Entry,
    slot: &WebSlot,
    (atomic, cache): (Option<bool>, Option<Duration>),
) -> Result<RouteInfo> {
    let (file, line) = entry.at;
    let path = routing::join(part.prefix(), &entry.path);
    let wrong = |why: String| Error::internal(why).in_file(SourcePlace::new(file, line as usize));
    let own = Pattern::parse(&entry.path).map_err(wrong)?;
    let pattern = if part.prefix().is_empty() { own } else { Pattern::parse(&path).map_err(wrong)? };
    let methods = match &entry.what {
        What::Declared(route) => route.declared.methods.to_vec(),
        What::Handler(method, _) => vec![*method],
        What::Methods(_) | What::Mount(_) => Vec::new(),
    };
    let declared = match &entry.what {
        What::Declared(route) => Some(route),
        _ => None,
    };
    let atomic = Atomic::of(declared.and_then(|r| r.declared.atomic), slot.atomic.or(atomic));
    let exempt = slot.csrf_exempt.iter().any(|(path, _)| *path == entry.path);
    let csrf = declared.and_then(|r| r.declared.csrf).or(slot.csrf).unwrap_or(true) && !exempt;
    let mut needs = declared.map(|r| r.needs.clone()).unwrap_or_default();
    needs.extend(atomic.need());
    let own = declared.and_then(|r| r.declared.cache);
    let cache = own.map_or(cache, |own| Some(Duration::from_millis(own))).filter(|keep| !keep.is_zero());
    if own.is_some() && cache.is_some() {
        needs.push(cached::need);
    }
    Ok(RouteInfo {
        methods,
        path,
        name: entry.name,
        app: part.namespace().into(),
        doc: declared.map_or("", |r| r.declared.doc),
        file,
        line,
        api: declared.is_some_and(|r| r.declared.api),
        detach: declared.is_none_or(|r| r.declared.detach),
        atomic,
        max_body: declared.and_then(|r| r.declared.max_body),
        csrf,
        cache,
        secret: declared.map_or(&[], |r| r.declared.secret),
        guard: entry.guard.clone(),
        label: part.label().into(),
        key: declared.map(|r| r.key),
        pattern,
        needs,
    })
}

fn filter(methods: &[&str]) -> MethodFilter {
    let one = |method: &str| match method {
        "POST" => MethodFilter::POST,
        "PUT" => MethodFilter::PUT,
        "PATCH" => MethodFilter::PATCH,
        "DELETE" => MethodFilter::DELETE,
        _ => MethodFilter::GET,
    };
    let mut all = methods.iter().map(|m| one(m));
    let first = all.next().unwrap_or(MethodFilter::GET);
    all.fold(first, MethodFilter::or)
}
