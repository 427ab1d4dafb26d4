//! Functions and tests that nobody has: `{{ ulr("film") }}`, `{% if film is defnied %}`.

use std::collections::BTreeSet;

use minijinja::{Environment, value::Value};

use crate::{
    loader::Loader,
    scan::{Is, Tag, TagKind, Token, tags},
};

/// What stands before a bracket that calls nothing.
const WORDS: &[&str] = &[
    "and",
    "or",
    "not",
    "in",
    "is",
    "if",
    "else",
    "elif",
    "recursive",
    "as",
    "with",
    "without",
    "only",
    "ignore",
    "import",
    "set",
    "for",
    "do",
    "include",
    "extends",
    "from",
    "call",
    "return",
];

/// What the language itself lets a template call.
const SPECIAL: &[&str] = &["super", "caller", "loop", "self", "varargs", "kwargs"];

/// The language's tests, to guess from.
pub(super) const TESTS: &[&str] = &[
    "undefined",
    "defined",
    "none",
    "safe",
    "escaped",
    "boolean",
    "odd",
    "even",
    "divisibleby",
    "number",
    "integer",
    "float",
    "string",
    "sequence",
    "iterable",
    "mapping",
    "startingwith",
    "endingwith",
    "lower",
    "upper",
    "sameas",
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    "in",
    "true",
    "false",
    "filter",
    "test",
];

/// What may be called by its bare name: functions of the site, and whatever a template gives a name to.
#[derive(Debug)]
pub(super) struct Callable {
    functions: BTreeSet<String>,
    named: BTreeSet<String>,
}

impl Callable {
    pub(super) fn of(env: &Environment<'_>, loader: &Loader) -> Callable {
        let functions =
            env.globals().map(|(name, _)| name.to_owned()).filter(|n| !n.starts_with("__")).collect();
        let mut named: BTreeSet<String> = SPECIAL.iter().map(|name| (*name).to_owned()).collect();
        // Any template's: a part sees what those that include it have named.
        for name in loader.names() {
            let Some(text) = loader.text(&name) else { continue };
            tags(&text).iter().for_each(|tag| given(tag, &mut named));
        }
        Callable { functions, named }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.functions.contains(name) || self.named.contains(name)
    }

    pub(super) fn functions(&self) -> impl Iterator<Item = &str> {
        self.functions.iter().map(String::as_str)
    }
}

/// The names that a tag gives to something.
fn given(tag: &Tag<'_>, named: &mut BTreeSet<String>) {
    if tag.kind != TagKind::Statement {
        return;
    }
    let defines = matches!(tag.statement(), Some("macro"));
    let binds = matches!(tag.statement(), Some("set" | "import" | "from" | "for" | "with" | "call"));
    let keeps = tag.tokens.iter().any(|token| token.is == Is::Name("as"));
    if !(defines || binds || keeps) {
        return;
    }
    for (i, token) in tag.tokens.iter().enumerate().skip(1) {
        let Is::Name(name) = token.is else { continue };
        if !calls(&tag.tokens, i) || (defines && i == 1) {
            named.insert(name.to_owned());
        }
    }
}

/// Is the name at `i` called? `name(`, without a blank.
fn calls(tokens: &[Token<'_>], i: usize) -> bool {
    match (tokens.get(i), tokens.get(i + 1)) {
        (Some(name), Some(Token { is: Is::Mark('('), range })) => name.range.end == range.start,
        _ => false,
    }
}

/// The functions that a tag calls by their bare names.
pub(super) fn called<'t, 's>(tag: &'t Tag<'s>) -> impl Iterator<Item = (&'s str, &'t Token<'s>)> {
    let statement = tag.kind == TagKind::Statement;
    let skipped = match tag.statement() {
        // Their first word is defined here, or a filter.
        Some("macro" | "filter") => 2,
        _ => usize::from(statement),
    };
    tag.tokens.iter().enumerate().skip(skipped).filter_map(move |(i, token)| {
        let Is::Name(name) = token.is else { return None };
        let before = i.checked_sub(1).and_then(|i| tag.tokens.get(i)).map(|token| &token.is);
        let other =
            matches!(before, Some(Is::Mark('.' | '|')) | Some(Is::Name("is"))) || is_not(&tag.tokens, i);
        let number = name.starts_with(|c: char| c.is_ascii_digit());
        (calls(&tag.tokens, i) && !other && !number && !WORDS.contains(&name)).then_some((name, token))
    })
}

/// The tests that a tag makes: `x is name`, `x is not name`.
pub(super) fn tested<'t, 's>(tag: &'t Tag<'s>) -> impl Iterator<Item = (&'s str, &'t Token<'s>)> {
    tag.tokens.iter().enumerate().skip(2).filter_map(|(i, token)| {
        let Is::Name(name) = token.is else { return None };
        let at = if is_not(&tag.tokens, i) { i - 2 } else { i - 1 };
        let is = tag.tokens.get(at).is_some_and(|token| token.is == Is::Name("is"));
        // `film.is x` names a field; before a test stands what is tested.
        let field =
            at == 0 || matches!(tag.tokens.get(at - 1).map(|t| &t.is), Some(Is::Mark('.' | '|' | ',' | '(')));
        (is && !field && name != "not").then_some((name, token))
    })
}

/// Does `is not` stand before this token?
fn is_not(tokens: &[Token<'_>], i: usize) -> bool {
    let name = |at: Option<usize>| at.and_then(|at| tokens.get(at)).map(|token| &token.is);
    name(i.checked_sub(1)) == Some(&Is::Name("not")) && name(i.checked_sub(2)) == Some(&Is::Name("is"))
}

pub(super) fn is_test(env: &Environment<'_>, name: &str) -> bool {
    env.empty_state().perform_test("test", &[Value::from(name)]).unwrap_or(true)
}
