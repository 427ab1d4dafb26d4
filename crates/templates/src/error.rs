//! Failures of the template language as errors of the house: what is missing, where, and what was probably meant.

use std::{borrow::Cow, collections::BTreeSet, error::Error as StdError};

use http::StatusCode;
use minijinja::{Environment, ErrorKind as Kind};
use quintet_core::{
    Error, ErrorKind, SourcePlace, Value as CoreValue,
    near::{did_you_mean, nearest},
    template::Render,
    value::Map,
};

use crate::{
    filters, functions,
    loader::{Loader, split},
    operators,
    scan::{Is, tags},
    syntax,
    tags::{Tags, hint as tag_hint},
};

/// The error of a rendering.
pub(crate) fn explain(
    env: &Environment<'_>,
    loader: &Loader,
    own: &Tags,
    error: minijinja::Error,
    what: &Render<'_>,
) -> Error {
    let inner = innermost(&error);
    let of_page = what.values.iter().map(|(name, _)| name.as_ref());
    let names: Vec<&str> = of_page.chain(what.context.names()).collect();
    let place = place(loader, inner);
    let chain = chain(loader, &error, inner, what.template);
    let mut out = Error::of_kind(
        ErrorKind::Template,
        StatusCode::INTERNAL_SERVER_ERROR,
        message(env, loader, own, inner, what, &names),
    )
    .with_detail("template", split_back(what))
    .with_detail("template context", names.join(", "));
    if !chain.is_empty() {
        out = out.with_detail("reached by", chain.join("\n"));
    }
    if let Some(place) = place {
        out = out.in_file(place);
    }
    out.with_source(error)
}

fn split_back(what: &Render<'_>) -> String {
    match what.fragment {
        Some(block) => format!("{}#{block}", what.template),
        None => what.template.to_owned(),
    }
}

/// The errors of the template language in `error`, from the outside in.
fn all(error: &minijinja::Error) -> impl Iterator<Item = &minijinja::Error> {
    std::iter::successors(Some(error), |e| StdError::source(*e)?.downcast_ref())
}

fn innermost(error: &minijinja::Error) -> &minijinja::Error {
    all(error).filter(|e| e.name().is_some()).last().unwrap_or(error)
}

/// The line that an error is about, with the text of its file.
pub(crate) fn place(loader: &Loader, error: &minijinja::Error) -> Option<SourcePlace> {
    let (template, _) = split(error.name()?);
    let line = error.line().unwrap_or(0);
    let mut place = SourcePlace::new(loader.shown(template), line);
    if let (Some(range), Some(source)) = (error.range(), error.template_source()) {
        // A cut template has the lines of its file, and its columns but for the line of the `extends`.
        let (found, _) = SourcePlace::line_column(source, range.start);
        if let Some(before) = source.get(..range.start).filter(|_| found == line) {
            let of_line = before.rsplit('\n').next().unwrap_or_default();
            place = place.with_column(operators::column(of_line));
        }
    }
    Some(match loader.text(template) {
        Some(text) => place.with_text(text),
        None => place,
    })
}

/// How the page came to the line at fault: includes and blocks, from the outside in.
fn chain(loader: &Loader, error: &minijinja::Error, inner: &minijinja::Error, template: &str) -> Vec<String> {
    let of = |e: &minijinja::Error| Some(split(e.name()?).0.to_owned());
    let first = all(error).find_map(of).unwrap_or_default();
    let parts = all(error)
        .take_while(|e| !std::ptr::eq(*e, inner))
        .filter_map(|e| Some(format!("{}:{}", loader.shown(&of(e)?), e.line().unwrap_or(0))));
    inherited(loader, template, &first).into_iter().chain(parts).collect()
}

/// The lines by which a template comes to one of its parents.
fn inherited(loader: &Loader, template: &str, parent: &str) -> Vec<String> {
    let mut steps = Vec::new();
    let mut here = template.to_owned();
    while here != parent && steps.len() < 100 {
        let Some(text) = loader.text(&here) else { return Vec::new() };
        let next = tags(&text).into_iter().find(|tag| tag.statement() == Some("extends")).and_then(|tag| {
            let (line, _) = SourcePlace::line_column(&text, tag.range.start);
            match &tag.tokens.get(1)?.is {
                Is::Text(name) => Some((name.clone().into_owned(), line)),
                _ => None,
            }
        });
        let Some((next, line)) = next else { return Vec::new() };
        steps.push(format!("{}:{line}", loader.shown(&here)));
        here = next;
    }
    if here == parent { steps } else { Vec::new() }
}

/// What went wrong, in words.
fn message(
    env: &Environment<'_>,
    loader: &Loader,
    own: &Tags,
    error: &minijinja::Error,
    what: &Render<'_>,
    names: &[&str],
) -> String {
    let detail = error.detail().unwrap_or_default();
    match error.kind() {
        Kind::UndefinedError => missing(expression(detail), what, names),
        // "cannot do this (`film.x` is undefined)": the missing name is the cause.
        _ if expression(detail).is_some() => format!("{detail}{}", hint(expression(detail), what, names)),
        Kind::OutOfFuel => "the template works without end: look for a loop over far too much".to_owned(),
        Kind::UnknownFunction => {
            let globals =
                env.globals().map(|(name, _)| name.to_owned()).filter(|name| !name.starts_with("__"));
            let globals: Vec<String> = globals.collect();
            let known = names.iter().copied().chain(globals.iter().map(String::as_str));
            format!("{}{}", words(error), did_you_mean(first_word(detail), known))
        }
        Kind::SyntaxError => compile(loader, own, error),
        _ => uncalled(env, error, what).unwrap_or_else(|| compile(loader, own, error)),
    }
}

/// `{% for m in messages %}`: a function where its value is meant, unless the page has its own value of that name.
fn uncalled(env: &Environment<'_>, error: &minijinja::Error, what: &Render<'_>) -> Option<String> {
    let wrong = error.template_source()?.get(error.range()?)?.trim();
    let given = what.values.iter().any(|(name, _)| name == wrong);
    let function = !given && env.globals().any(|(name, value)| name == wrong && functions::is_one(&value));
    function.then(|| functions::to_call(wrong))
}

/// What compiling found wrong, or anything else, in words.
pub(crate) fn compile(loader: &Loader, own: &Tags, error: &minijinja::Error) -> String {
    let detail = error.detail().unwrap_or_default();
    match error.kind() {
        Kind::TemplateNotFound => {
            let quoted: Vec<&str> = detail.split(['"', '\'']).collect();
            // Of a list of names that were tried, none is the wrong one.
            let [_, wrong, _] = quoted.as_slice() else { return words(error) };
            let known = loader.names();
            format!("there is no template `{wrong}`{}", did_you_mean(wrong, known.iter().map(String::as_str)))
        }
        Kind::UnknownFilter => {
            format!("{}{}", words(error), did_you_mean(named(detail), filters::names()))
        }
        Kind::SyntaxError => {
            let unknown = detail.strip_prefix("unknown statement ");
            let found = syntax_hint(loader, own, error, detail)
                .or_else(|| unknown.map(|name| tag_hint(name, own)))
                .unwrap_or_default();
            format!("{}{found}", words(error))
        }
        _ => words(error),
    }
}

/// What was meant by the line of the file that can't be read.
fn syntax_hint(loader: &Loader, own: &Tags, error: &minijinja::Error, detail: &str) -> Option<String> {
    let (template, _) = split(error.name()?);
    syntax::hint(&loader.text(template)?, error.line()?, detail, own)
}

fn words(error: &minijinja::Error) -> String {
    match error.detail() {
        Some(detail) if error.kind() == Kind::SyntaxError => format!("the template can't be read: {detail}"),
        Some(detail) => detail.to_owned(),
        None => error.kind().to_string(),
    }
}

/// `colour` in "filter colour is unknown".
fn named(detail: &str) -> &str {
    detail.split_whitespace().nth(1).unwrap_or(detail)
}

fn first_word(detail: &str) -> &str {
    detail.split_whitespace().next().unwrap_or(detail)
}

/// `film.titel` in "`film.titel` is undefined".
fn expression(detail: &str) -> Option<&str> {
    let (before, _) = detail.split_once("` is undefined")?;
    before.rsplit('`').next()
}

fn missing(expression: Option<&str>, what: &Render<'_>, names: &[&str]) -> String {
    let Some(wrong) = expression else {
        return "a name that is used here is missing".to_owned();
    };
    if let Some(instead) = of_django(wrong) {
        return format!("`{wrong}` is missing; {instead}");
    }
    let hint = hint(expression, what, names);
    let remedy = match (hint.is_empty(), wrong.contains('.')) {
        (false, _) => "",
        (true, false) => "; give it to the page, or ask for it with `{% if … is defined %}` or `|default(…)`",
        (true, true) => "; if it is a relation, the query must load it",
    };
    format!("`{wrong}` is missing{hint}{remedy}")
}

/// What Django's templates find under this name, as it is written here.
fn of_django(wrong: &str) -> Option<&'static str> {
    Some(match wrong {
        "forloop" | "forloop.counter" => "write `loop.index`",
        "forloop.counter0" => "write `loop.index0`",
        "forloop.revcounter" => "write `loop.revindex`",
        "forloop.revcounter0" => "write `loop.revindex0`",
        "forloop.first" => "write `loop.first`",
        "forloop.last" => "write `loop.last`",
        "forloop.parentloop" => "name the outer loop: `{% set outer = loop %}`",
        "block" | "block.super" => "write `{{ super() }}`",
        _ => return None,
    })
}

/// "did you mean", for a name or for the last part of `a.b.c`.
fn hint(expression: Option<&str>, what: &Render<'_>, names: &[&str]) -> String {
    let Some(wrong) = expression else { return String::new() };
    let Some((base, last)) = wrong.rsplit_once('.') else {
        return did_you_mean(wrong, names.iter().copied());
    };
    let context = what.context.names().into_iter();
    let context: Map =
        context.filter_map(|name| Some((name.to_owned().into(), what.context.peek(name)?))).collect();
    let given = || what.values.iter().chain(&context);
    // What a loop's variable holds is not known here: the fields of all that the page was given come next.
    let direct = resolve(given(), base).map(|value| fields(value, 1)).unwrap_or_default();
    let all: BTreeSet<&str> = given().flat_map(|(_, value)| fields(value, 4)).collect();
    let found = nearest(last, direct.iter().copied()).or_else(|| nearest(last, all.iter().copied()));
    found.map(|name| format!("; did you mean `{base}.{name}`?")).unwrap_or_default()
}

fn resolve<'a>(
    mut given: impl Iterator<Item = &'a (Cow<'static, str>, CoreValue)>,
    path: &str,
) -> Option<&'a CoreValue> {
    let mut parts = path.split('.');
    let first = parts.next()?;
    let start = given.find(|(name, _)| name == first).map(|(_, value)| value)?;
    parts.try_fold(start, |value, part| value.get(part))
}

fn fields(value: &CoreValue, depth: usize) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    if depth == 0 {
        return found;
    }
    match value {
        CoreValue::Map(entries) => {
            for (name, value) in entries {
                found.insert(name.as_ref());
                found.extend(fields(value, depth - 1));
            }
        }
        // Rows are alike: the first has all names.
        CoreValue::List(items) => found.extend(items.first().map(|v| fields(v, depth)).unwrap_or_default()),
        _ => {}
    }
    found
}
