//! `messages()`: what this visitor is to be told.

use std::{fmt, sync::Arc};

use minijinja::{
    Environment, Error, State,
    value::{Object, ObjectRepr, Value},
};

use super::scope;
use crate::{carried::Carried, value::to_template};

pub(super) fn add(env: &mut Environment<'static>) {
    env.add_function("messages", messages);
}

fn messages(state: &State<'_, '_>) -> Result<Value, Error> {
    let scope = scope(state)?;
    scope.shows_personal();
    let found = scope.context.messages().map_err(Carried::into_template)?;
    Ok(found.iter().map(|message| Value::from_object(Message(to_template(message)))).collect())
}

/// One message: shown it is its text, looked into it has `text`, `level` and `tags`.
#[derive(Debug)]
struct Message(Value);

impl Object for Message {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        self.0.get_attr(key).ok().filter(|value| !value.is_undefined())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.get_value_by_str("text").as_ref().and_then(Value::as_str).unwrap_or_default())
    }
}
