//! Where a template finds names: the handler's values, then the request's; and behind a name that no template can
//! write, what functions such as `url` need.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
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

use crate::{node, value::to_template};

/// No identifier of the language can be this.
const SELF: &str = "\0scope";

pub(crate) struct Scope {
    values: Arc<Map>,
    pub(crate) context: Arc<dyn Context>,
    /// What the context was asked for and had: it is made once.
    asked: Mutex<Vec<(Box<str>, Value)>>,
    pub(crate) services: Services,
    pub(crate) app: Option<Box<str>>,
}

impl Scope {
    pub(crate) fn new(what: &Render<'_>) -> Self {
        Scope {
            values: what.values.clone(),
            context: what.context.clone(),
            asked: Mutex::default(),
            services: what.services.clone(),
            app: what.app.map(Box::from),
        }
    }

    /// The scope of the rendering that `state` belongs to.
    pub(crate) fn of(state: &State<'_, '_>) -> Option<Arc<Scope>> {
        state.lookup(SELF)?.downcast_object()
    }

    fn asked_for(&self, name: &str) -> Option<Value> {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, value)) = asked.iter().find(|(known, _)| **known == *name) {
            return Some(value.clone());
        }
        let value = to_template(&self.context.get(name)?);
        asked.push((name.into(), value.clone()));
        Some(value)
    }
}

impl Object for Scope {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        match self.values.iter().position(|(name, _)| name == key) {
            Some(index) => node::root(&self.values, index),
            None if key == SELF => Some(Value::from_dyn_object(self.clone())),
            None => self.asked_for(key),
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        self.mapped_enumerator(|scope| {
            let values = scope.values.iter().map(|(name, _)| name.as_ref());
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
