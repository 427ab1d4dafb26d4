//! Where a template finds names: the handler's values, then the request's; and behind a name that no template can
//! write, what functions such as `url` need.

use std::{borrow::Cow, fmt, sync::Arc};

use minijinja::{
    State,
    value::{Enumerator, Object, ObjectExt, Value},
};
use quintet_core::{Services, template::Render};

use crate::value::to_template;

/// No identifier of the language can be this.
const SELF: &str = "\0scope";

pub(crate) struct Scope {
    names: Vec<(Cow<'static, str>, Value)>,
    pub(crate) services: Services,
    pub(crate) app: Option<Box<str>>,
}

impl Scope {
    pub(crate) fn new(what: &Render<'_>) -> Self {
        let all = what.values.iter().chain(what.context);
        Scope {
            names: all.map(|(name, value)| (name.clone(), to_template(value))).collect(),
            services: what.services.clone(),
            app: what.app.map(Box::from),
        }
    }

    /// The scope of the rendering that `state` belongs to.
    pub(crate) fn of(state: &State<'_, '_>) -> Option<Arc<Scope>> {
        state.lookup(SELF)?.downcast_object()
    }
}

impl Object for Scope {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        match self.names.iter().find(|(name, _)| name == key) {
            Some((_, value)) => Some(value.clone()),
            None if key == SELF => Some(Value::from_dyn_object(self.clone())),
            None => None,
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        self.mapped_enumerator(|scope| {
            Box::new(scope.names.iter().map(|(name, _)| Value::from(name.as_ref())))
        })
    }
}

/// Names only: values may be secret.
impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names.iter().map(|(name, _)| name)).finish()
    }
}
