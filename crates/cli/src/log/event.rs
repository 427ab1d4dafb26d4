//! The fields of an event, and the two forms of a line.

use std::{
    borrow::Cow,
    fmt::{Debug, Write as _},
};

use quintet_core::{hidden, value::Timestamp};
use serde_json::{Map, Value};
use tracing::{
    Level,
    field::{Field, Visit},
};

use crate::style::Style;

/// Named values, in order; the message apart.
#[derive(Debug, Default, Clone)]
pub(super) struct Fields {
    message: String,
    rest: Vec<(&'static str, Value)>,
}

impl Fields {
    fn put(&mut self, field: &Field, value: Value) {
        match self.rest.iter_mut().find(|(name, _)| *name == field.name()) {
            Some((_, old)) => *old = value,
            None => self.rest.push((field.name(), value)),
        }
    }

    /// Adds what a span around has; the inner value of a name holds.
    pub(super) fn add_outer(&mut self, outer: &Fields) {
        for (name, value) in &outer.rest {
            if !self.rest.iter().any(|(n, _)| n == name) {
                self.rest.push((name, value.clone()));
            }
        }
    }

    /// Takes out what the running request hides.
    pub(super) fn cover(&mut self) {
        let values = hidden::values();
        if values.is_empty() {
            return;
        }
        let texts = self.rest.iter_mut().filter_map(|(_, value)| match value {
            Value::String(text) => Some(text),
            _ => None,
        });
        for text in texts.chain([&mut self.message]) {
            if let Cow::Owned(covered) = hidden::cover_all(text, &values) {
                *text = covered;
            }
        }
    }

    /// `{"time":…,"level":…,"target":…,"message":…, …}`
    pub(super) fn json(self, now: Timestamp, level: Level, target: &str) -> String {
        let mut object = Map::new();
        // The line's own names hold against fields of the same name.
        object.extend(self.rest.into_iter().map(|(name, value)| (name.to_owned(), value)));
        object.insert("time".to_owned(), format!("{now:.3}").into());
        object.insert("level".to_owned(), word(level).into());
        object.insert("target".to_owned(), target.into());
        object.insert("message".to_owned(), self.message.into());
        let mut line = Value::Object(object).to_string();
        line.push('\n');
        line
    }

    /// `2026-11-20T12:00:00.000Z info quintet_web: served path="/" status=200`
    pub(super) fn text(self, now: Timestamp, level: Level, target: &str, style: Style) -> String {
        let padded = format!("{:>5}", word(level));
        let shown = match level {
            Level::ERROR => style.red(&padded),
            Level::WARN => style.yellow(&padded),
            Level::INFO => style.green(&padded),
            _ => style.dim(&padded),
        };
        let mut line = format!("{} {shown} {}: ", style.dim(&format!("{now:.3}")), style.dim(target));
        // One event, one line: whatever a client sent must not forge a second one.
        line.extend(self.message.chars().flat_map(escape));
        for (name, value) in &self.rest {
            let _ = write!(line, " {}{value}", style.dim(&format!("{name}=")));
        }
        line.push('\n');
        line
    }
}

/// Control characters escaped, all others as they are.
fn escape(c: char) -> impl Iterator<Item = char> {
    let (plain, escaped) = if c.is_control() { (None, Some(c.escape_default())) } else { (Some(c), None) };
    plain.into_iter().chain(escaped.into_iter().flatten())
}

fn word(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            self.message = format!("{value:?}");
        } else {
            self.put(field, format!("{value:?}").into());
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            value.clone_into(&mut self.message);
        } else {
            self.put(field, value.into());
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }
}
