//! Where a template finds names: the handler's values, then the request's; and behind a name that no template can
//! write, what functions such as `url` need.

use std::{
    borrow::Cow,
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use minijinja::{
    State,
    value::{Enumerator, Object, ObjectExt, Value},
};
use quintet_core::{
    Services,
    template::{Context, Render},
    value::Map,
};

use crate::{node, rows::Coming, value::to_template};

/// No identifier of the language can be this.
const SELF: &str = "\0scope";

pub(crate) struct Scope {
    values: Arc<Map>,
    /// The values of a part, which sees no others of the page.
    own: Vec<(Cow<'static, str>, Value)>,
    pub(crate) context: Arc<dyn Context>,
    /// What all parts of a page have in common.
    page: Arc<Shared>,
    /// How many parts this one lies in.
    depth: usize,
    pub(crate) services: Services,
    pub(crate) app: Option<Box<str>>,
}

#[derive(Default)]
struct Shared {
    /// What the context was asked for and had: it is made once.
    asked: Mutex<Vec<(Box<str>, Value)>>,
    parts: AtomicUsize,
    personal: AtomicUsize,
}

/// How deep parts may lie in each other, and how many a page may have.
const DEEPEST: usize = 40;
const MOST: usize = 100_000;

impl Scope {
    pub(crate) fn new(what: &Render<'_>) -> Self {
        Scope {
            values: what.values.clone(),
            own: Vec::new(),
            context: what.context.clone(),
            page: Arc::default(),
            depth: 0,
            services: what.services.clone(),
            app: what.app.map(Box::from),
        }
    }

    /// The scope of the rendering that `state` belongs to.
    pub(crate) fn of(state: &State<'_, '_>) -> Option<Arc<Scope>> {
        state.lookup(SELF)?.downcast_object()
    }

    /// The scope of a part: these values and what the request brings along.
    ///
    /// # Errors
    /// If parts lie in each other without end.
    pub(crate) fn alone(&self, own: Vec<(Cow<'static, str>, Value)>) -> Result<Scope, &'static str> {
        if self.depth >= DEEPEST {
            return Err("parts of this page lie in each other without end");
        }
        if self.page.parts.fetch_add(1, Ordering::Relaxed) >= MOST {
            return Err("this page has too many parts: look for a loop over far too much");
        }
        Ok(Scope {
            values: Arc::default(),
            own,
            context: self.context.clone(),
            page: self.page.clone(),
            depth: self.depth + 1,
            services: self.services.clone(),
            app: self.app.clone(),
        })
    }

    /// Remembers that the page shows something that is for this visitor alone.
    pub(crate) fn shows_personal(&self) {
        self.page.personal.fetch_add(1, Ordering::Relaxed);
    }

    /// How often it did so far.
    pub(crate) fn personal(&self) -> usize {
        self.page.personal.load(Ordering::Relaxed)
    }

    fn asked_for(&self, name: &str) -> Option<Value> {
        let mut asked = self.page.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, value)) = asked.iter().find(|(known, _)| **known == *name) {
            return Some(value.clone());
        }
        let value = match self.context.rows(name) {
            Some(rows) => Coming::value(name, rows),
            None => to_template(&self.context.get(name)?),
        };
        asked.push((name.into(), value.clone()));
        Some(value)
    }
}

impl Object for Scope {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        if let Some((_, value)) = self.own.iter().find(|(name, _)| name == key) {
            return Some(value.clone());
        }
        match self.values.iter().position(|(name, _)| name == key) {
            Some(index) => node::root(&self.values, index),
            None if key == SELF => Some(Value::from_dyn_object(self.clone())),
            None => self.asked_for(key),
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        self.mapped_enumerator(|scope| {
            let values = scope.values.iter().map(|(name, _)| name.as_ref());
            let values = scope.own.iter().map(|(name, _)| name.as_ref()).chain(values);
            Box::new(values.chain(scope.context.names()).map(Value::from))
        })
    }
}

/// Names only: values may be secret.
impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.values.iter().map(|(name, _)| name)).finish()
    }
}
