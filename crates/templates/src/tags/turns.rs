//! Tags that remember: `{% cycle %}`, `{% ifchanged %}`; Jinja's `cycler` and `joiner`; and `{% spaceless %}`, which doesn't.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use minijinja::{
    Environment, Error, ErrorKind, State,
    tests::is_sameas,
    value::{Object, ObjectRepr, Rest, Value, from_args},
};

pub(super) fn add(env: &mut Environment<'static>) {
    env.add_function("__cycle", cycle);
    env.add_function("__changed", changed);
    env.add_function("cycler", cycler);
    env.add_function("joiner", |separator: Option<Value>| {
        Value::from_object(Joiner {
            separator: separator.unwrap_or_else(|| Value::from(", ")),
            used: AtomicBool::new(false),
        })
    });
    env.add_filter("__spaceless", spaceless);
}

/// Where a tag stands: the template and the place in it.
type Place = (String, usize);

/// How often each `{% cycle %}` was passed in this rendering.
#[derive(Default)]
struct Cycles(BTreeMap<Place, usize>);

/// `{% cycle "odd", "even" %}`: the next of its values, each time it is passed.
fn cycle(state: &mut State<'_, '_>, place: usize, values: Rest<Value>) -> Result<Value, Error> {
    let place = (state.name().to_owned(), place);
    let turn = state.get_or_insert_extension(Cycles::default()).0.entry(place).or_default();
    let value = values.get(*turn % values.len().max(1)).cloned().ok_or_else(nothing_to_cycle)?;
    *turn = turn.wrapping_add(1);
    Ok(value)
}

fn nothing_to_cycle() -> Error {
    Error::new(ErrorKind::MissingArgument, "cycle needs values to take turns: {% cycle \"odd\", \"even\" %}")
}

/// What each `{% ifchanged %}` saw last, and in which loop.
#[derive(Default)]
struct Changes(BTreeMap<Place, (Value, Vec<Value>)>);

/// Is any of the values another than the last time in this run of the loop?
fn changed(state: &mut State<'_, '_>, place: usize, run: Value, values: Rest<Value>) -> bool {
    let place = (state.name().to_owned(), place);
    let changes = state.get_or_insert_extension(Changes::default());
    let same = changes.0.get(&place).is_some_and(|(of, seen)| is_sameas(of, &run) && *seen == *values);
    if !same {
        changes.0.insert(place, (run, values.0));
    }
    !same
}

/// `{% set row = cycler("odd", "even") %}{{ row.next() }}`, `.current`, `.reset()`.
fn cycler(values: Rest<Value>) -> Result<Value, Error> {
    if values.is_empty() {
        return Err(nothing_to_cycle());
    }
    Ok(Value::from_object(Cycler { values: values.0, at: AtomicUsize::new(0) }))
}

#[derive(Debug)]
struct Cycler {
    values: Vec<Value>,
    at: AtomicUsize,
}

impl Cycler {
    fn current(&self) -> Value {
        self.values.get(self.at.load(Ordering::Relaxed) % self.values.len()).cloned().unwrap_or_default()
    }
}

impl Object for Cycler {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        (key == "current").then(|| self.current())
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let () = from_args(args)?;
        match method {
            "next" => {
                let value = self.current();
                self.at.fetch_add(1, Ordering::Relaxed);
                Ok(value)
            }
            "reset" => {
                self.at.store(0, Ordering::Relaxed);
                Ok(Value::from(""))
            }
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }
}

/// `{% set comma = joiner() %}{{ comma() }}`: nothing the first time, then the separator.
#[derive(Debug)]
struct Joiner {
    separator: Value,
    used: AtomicBool,
}

impl Object for Joiner {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let () = from_args(args)?;
        Ok(if self.used.swap(true, Ordering::Relaxed) { self.separator.clone() } else { Value::from("") })
    }
}

/// Without the white space between tags.
fn spaceless(value: &Value) -> Value {
    let text = value.as_str().unwrap_or_default().trim();
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('>') {
        out.push_str(before);
        out.push('>');
        let next = behind.trim_start();
        rest = if next.starts_with('<') { next } else { behind };
    }
    out.push_str(rest);
    if value.is_safe() { Value::from_safe_string(out) } else { Value::from(out) }
}
