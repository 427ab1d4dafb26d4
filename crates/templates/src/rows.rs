//! Rows that come while a page is rendered ([`Context::rows`](quintet_core::template::Context::rows)): a `{% for %}` takes one at a time,
//! and none that it has shown is kept.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use minijinja::value::{Enumerator, Object, ObjectRepr, Value};
use quintet_core::{Error, template::Rows};

use crate::{carried::Carried, value::to_template};

/// The rows of a name, until somebody takes them.
pub(crate) struct Coming {
    name: Box<str>,
    rows: Mutex<Option<Rows>>,
}

impl Coming {
    pub(crate) fn value(name: &str, rows: Rows) -> Value {
        Value::from_object(Coming { name: name.into(), rows: Mutex::new(Some(rows)) })
    }
}

impl Object for Coming {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Iterable
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let taken = self.rows.lock().unwrap_or_else(PoisonError::into_inner).take();
        Enumerator::Iter(match taken {
            Some(rows) => Box::new(rows.map(|row| match row {
                Ok(row) => to_template(&row),
                Err(error) => Value::from(Carried::into_template(error)),
            })),
            None => {
                let name = &self.name;
                let why = format!(
                    "the rows of `{name}` come while the page is rendered, and only once: they were taken already"
                );
                Box::new(std::iter::once(Value::from(Carried::into_template(Error::internal(why)))))
            }
        })
    }

    // Whoever shows what there is, the debug page for one, must not take them.
    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl fmt::Debug for Coming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "(rows of {})", self.name)
    }
}
