//! `{% cache "5m", "sidebar", user.id %}…{% endcache %}`: a piece of a page that is rendered once and shown often.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use minijinja::{
    Environment, Error, ErrorKind, State,
    value::{Object, ObjectRepr, Rest, Value},
};
use moka::sync::Cache;
use quintet_core::{
    TemplateValue, clock,
    debug::{Note, Panel, Trace},
    settings::parse_duration,
    template::FragmentCache,
};
use sha2::{Digest, Sha256};

use crate::{
    loader::{Loader, split},
    scope::Scope,
    value::to_template,
};

/// The toolbar's panel: a cache room of the same name and title notes to it, too.
static CACHE: Panel = Panel::new("cache", "Cache", false);

pub(super) fn add(env: &mut Environment<'static>, loader: Arc<Loader>) {
    env.add_function("__cache", move |state: &State<'_, '_>, keep: &Value, name: &str, vary: Rest<Value>| {
        begin(&loader, state, keep, name, &vary)
    });
    env.add_filter("__cache_store", store);
}

/// The key of `{% cache .., name, vary.. %}`, to drop it from the site's [`FragmentCache`].
///
/// ```
/// use std::sync::Arc;
/// use quintet_core::{Services, template::FragmentCache};
/// use quintet_templates::fragment_key;
///
/// /// What `{% cache "1h", "reviews", film.id %}` kept.
/// fn forget_reviews(services: &Services, film: i64) {
///     if let Some(cache) = services.get::<Arc<dyn FragmentCache>>() {
///         cache.delete(&fragment_key("reviews", &[&film]));
///     }
/// }
/// ```
#[must_use]
pub fn fragment_key(name: &str, vary: &[&dyn TemplateValue]) -> String {
    let vary: Vec<Value> = vary.iter().map(|value| to_template(&value.to_value())).collect();
    key(name, &vary)
}

fn key(name: &str, vary: &[Value]) -> String {
    let mut hash = Sha256::new();
    for value in vary {
        // The kind and the length belong to it: 1 is not "1", and "a", "bc" is not "ab", "c".
        let (kind, text) = (value.kind().to_string(), value.to_string());
        hash.update(format!("{kind}:{}:{text}", text.len()));
    }
    let hash: String = hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("fragment:{name}:{hash}")
}

/// What became of a `{% cache %}`: its piece, or where to keep it.
#[derive(Debug)]
struct Piece {
    /// `None` where it must be rendered.
    kept: Option<Arc<str>>,
    key: String,
    stamp: String,
    keep: Option<Duration>,
    /// How much of the page was for this visitor alone before.
    personal: usize,
}

impl Object for Piece {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        match key {
            "hit" => Some(Value::from(self.kept.is_some())),
            "text" => {
                let text = self.kept.as_deref()?.split_once('\n').map_or("", |(_, text)| text);
                Some(Value::from_safe_string(text.to_owned()))
            }
            _ => None,
        }
    }
}

fn wrong(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.into())
}

fn begin(
    loader: &Loader,
    state: &State<'_, '_>,
    keep: &Value,
    name: &str,
    vary: &[Value],
) -> Result<Value, Error> {
    let keep = match keep.as_str() {
        _ if keep.is_none() => None,
        Some(text) => {
            Some(parse_duration(text).map_err(|fault| wrong(format!("cache \"{text}\": {fault}")))?)
        }
        None => match u64::try_from(keep.clone()) {
            Ok(seconds) => Some(Duration::from_secs(seconds)),
            Err(_) => {
                return Err(wrong(format!(
                    "cache needs to know for how long: \"5m\", seconds, or none, not `{keep}`"
                )));
            }
        },
    };
    if let Some(missing) = vary.iter().find(|value| value.is_undefined()) {
        // Fails, and names the expression.
        missing.get_attr("")?;
    }
    let scope = scope(state)?;
    let key = key(name, vary);
    // A file that was edited is another template.
    let stamp = loader.stamp(split(state.name()).0).map(|stamp| stamp.text()).unwrap_or_default();
    let cache = scope.services.get::<Arc<dyn FragmentCache>>();
    let kept = cache
        .and_then(|cache| cache.get(&key))
        .filter(|piece| piece.split_once('\n').is_some_and(|(of, _)| of == stamp));
    if let Some(trace) = Trace::current() {
        let found = if kept.is_some() { "yes" } else { "no, it is rendered" };
        trace.note(&CACHE, Note::new(format!("get {name}")).fact("found", found));
    }
    Ok(Value::from_object(Piece { kept, key, stamp, keep, personal: scope.personal() }))
}

fn store(state: &State<'_, '_>, content: Value, piece: &Value) -> Result<Value, Error> {
    let scope = scope(state)?;
    let Some(piece) = piece.downcast_object_ref::<Piece>() else { return Ok(content) };
    if scope.personal() != piece.personal {
        return Err(wrong(
            "what is between `cache` and `endcache` is shown to all visitors, and this is for one of them alone (a \
             nonce, messages): take it out of there",
        ));
    }
    if let Some(cache) = scope.services.get::<Arc<dyn FragmentCache>>().filter(|_| scope.context.is_whole()) {
        let text = format!("{}\n{}", piece.stamp, content.as_str().unwrap_or_default());
        cache.set(&piece.key, text.into(), piece.keep);
    }
    Ok(content)
}

fn scope(state: &State<'_, '_>) -> Result<Arc<Scope>, Error> {
    Scope::of(state).ok_or_else(|| wrong("cache works only while a page is rendered"))
}

/// Pieces of pages in memory: 32 MiB of them, the least used go first.
#[derive(Debug, Clone)]
pub struct FragmentMemory(Cache<String, Kept>);

#[derive(Debug, Clone)]
struct Kept {
    piece: Arc<str>,
    until: Option<Timestamp>,
}

const LARGEST: u64 = 32 * 1024 * 1024;

impl FragmentMemory {
    /// With room for so many bytes.
    #[must_use]
    pub fn new(bytes: u64) -> Self {
        let weight =
            |key: &String, kept: &Kept| u32::try_from(key.len() + kept.piece.len() + 64).unwrap_or(u32::MAX);
        FragmentMemory(Cache::builder().max_capacity(bytes).weigher(weight).build())
    }

    /// Drops now what is too much, which otherwise happens in the course of work.
    pub fn tidy(&self) {
        self.0.run_pending_tasks();
    }
}

impl Default for FragmentMemory {
    fn default() -> Self {
        FragmentMemory::new(LARGEST)
    }
}

impl FragmentCache for FragmentMemory {
    fn get(&self, key: &str) -> Option<Arc<str>> {
        let kept = self.0.get(key)?;
        // By the site's clock, which tests move.
        if kept.until.is_some_and(|until| until <= clock::now()) {
            self.0.invalidate(key);
            return None;
        }
        Some(kept.piece)
    }

    fn set(&self, key: &str, piece: Arc<str>, keep: Option<Duration>) {
        let until = keep.and_then(|keep| clock::now().checked_add(keep).ok());
        self.0.insert(key.to_owned(), Kept { piece, until });
    }

    fn delete(&self, key: &str) {
        self.0.invalidate(key);
    }
}
