//! Filters that Django's users know, beside those of Jinja.
//!
//! Shared rules: what is missing is an error with the missing name; nothing (`None`) passes through, so that
//! `|default_if_none("–")` may come last; text comes out unescaped and is escaped where it is shown, and where a
//! filter makes HTML (`linebreaks`, `json_script`) it escapes what it was given.
mod arithmetic;
mod compare;
mod data;
mod dates;
mod decimals;
mod digits;
mod escapes;
mod links;
mod lists;
mod logic;
mod markup;
mod numbers;
mod pad;
mod printf;
mod python;
mod references;
mod since;
mod text;
mod zones;

pub(crate) use digits::write as write_number;
use minijinja::{
    Environment, Error, ErrorKind,
    value::{Value, ValueKind},
};

pub(crate) fn add(env: &mut Environment<'static>) {
    arithmetic::add(env);
    compare::add(env);
    data::add(env);
    dates::add(env);
    decimals::add(env);
    escapes::add(env);
    links::add(env);
    lists::add(env);
    logic::add(env);
    markup::add(env);
    numbers::add(env);
    pad::add(env);
    printf::add(env);
    since::add(env);
    text::add(env);
    zones::add(env);
}

/// Jinja's own, for "did you mean".
const BUILT_IN: &[&str] = &[
    "abs",
    "attr",
    "batch",
    "bool",
    "capitalize",
    "chain",
    "count",
    "d",
    "default",
    "first",
    "float",
    "format",
    "groupby",
    "indent",
    "int",
    "items",
    "join",
    "last",
    "length",
    "lines",
    "list",
    "map",
    "max",
    "min",
    "pprint",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "safe",
    "select",
    "selectattr",
    "sort",
    "split",
    "string",
    "sum",
    "trim",
    "unique",
    "upper",
    "zip",
];

/// Those of this folder.
const OWN: &[&str] = &[
    "add",
    "addslashes",
    "capfirst",
    "center",
    "cut",
    "date",
    "default_if_none",
    "dictsort",
    "dictsortreversed",
    "divisibleby",
    "e",
    "escape",
    "escapejs",
    "escapeseq",
    "filesizeformat",
    "floatformat",
    "force_escape",
    "get_digit",
    "intcomma",
    "iriencode",
    "json",
    "json_script",
    "linebreaks",
    "linebreaksbr",
    "linenumbers",
    "ljust",
    "lower",
    "make_list",
    "phone2numeric",
    "pluralize",
    "random",
    "regroup",
    "rjust",
    "safeseq",
    "slice",
    "slugify",
    "stringformat",
    "striptags",
    "time",
    "timesince",
    "timeuntil",
    "timezone",
    "title",
    "tojson",
    "truncatechars",
    "truncatechars_html",
    "truncatewords",
    "truncatewords_html",
    "unordered_list",
    "urlencode",
    "urlize",
    "urlizetrunc",
    "utc",
    "wordcount",
    "wordwrap",
    "yesno",
];

/// Names of filters to guess from; an app's own are not among them.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    BUILT_IN.iter().chain(OWN).copied()
}

/// Is there a filter of this name, an app's own included?
pub(crate) fn exists(env: &Environment<'_>, name: &str) -> bool {
    env.empty_state().perform_test("filter", &[Value::from(name)]).unwrap_or(false)
}

/// What a filter does with nothing and with what is missing: hands on the first, refuses the second.
macro_rules! pass {
    ($value:expr) => {
        if $value.is_undefined() {
            // Fails, and names the expression.
            return $value.get_attr("");
        }
        if $value.is_none() {
            return Ok($value.clone());
        }
    };
}
use pass;

fn wrong(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.into())
}

/// The text of a value that a filter for text was given: what the page would show.
fn text_of(value: &Value) -> std::borrow::Cow<'_, str> {
    if let Some(text) = value.as_str() {
        return text.into();
    }
    match value.kind() {
        ValueKind::Bool => if value.is_true() { "true" } else { "false" }.into(),
        ValueKind::Number => number_text(value).unwrap_or_else(|| value.to_string()).into(),
        _ => value.to_string().into(),
    }
}

/// A number with a fraction as text; `None` for whole ones, which show themselves.
fn number_text(value: &Value) -> Option<String> {
    if value.is_integer() || !value.is_number() {
        return None;
    }
    f64::try_from(value.clone()).ok().map(python::float_text)
}

/// A number with a fraction as a page shows it: all its digits.
fn number_shown(value: &Value) -> Option<String> {
    let text = number_text(value)?;
    if !text.contains('e') {
        return Some(text);
    }
    f64::try_from(value.clone()).ok().map(|float| float.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_filter_exists() {
        let mut env = Environment::new();
        add(&mut env);
        let missing: Vec<_> = names().filter(|name| !exists(&env, name)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn nothing_passes_through_and_what_is_missing_is_named() {
        let mut env = Environment::new();
        env.set_undefined_behavior(minijinja::UndefinedBehavior::SemiStrict);
        env.set_debug(true);
        add(&mut env);
        let arguments = |name: &str| match name {
            "truncatechars" | "truncatewords" | "truncatechars_html" | "truncatewords_html" | "add"
            | "divisibleby" | "get_digit" | "ljust" | "rjust" | "urlizetrunc" | "wordwrap" => "(1)",
            "default_if_none" | "json_script" | "cut" | "dictsort" | "dictsortreversed" | "regroup"
            | "slice" | "stringformat" => "('x')",
            "timezone" => "('UTC')",
            _ => "",
        };
        for name in OWN {
            let call = format!("{name}{}", arguments(name));
            let error =
                env.render_str(&format!("{{{{ nowhere.to|default(gone)|{call} }}}}"), ()).unwrap_err();
            assert!(error.to_string().contains("undefined"), "{name}: {error}");
            let error = env.render_str(&format!("{{{{ gone|{call} }}}}"), ()).unwrap_err();
            assert!(error.to_string().contains("`gone` is undefined"), "{name}: {error}");
            if !matches!(*name, "json" | "tojson" | "json_script" | "yesno" | "default_if_none") {
                let none = env.render_str(&format!("{{{{ none|{call} is none }}}}"), ());
                assert_eq!(none.unwrap(), "True", "{name}");
            }
        }
    }
}
