//! What to write instead of a tag that there is not.

use quintet_core::near::did_you_mean;

use super::Tags;

/// Django's tags that are written otherwise here.
const DJANGO: &[(&str, &str)] = &[
    ("load", "nothing is loaded here: all filters and tags of the site are there, so leave it out"),
    ("empty", "write `{% else %}`"),
    ("url", "write `{{ url(\"film\", id=7) }}`"),
    ("static", "write `{{ static(\"app.css\") }}`"),
    ("get_static_prefix", "write `{{ static(\"app.css\") }}`"),
    ("regroup", "write `{% for key, rows in rows|regroup(\"key\") %}`"),
    ("now", "write `{{ now(\"j F Y\") }}`"),
    ("firstof", "write `{{ firstof(a, b) }}`"),
    ("widthratio", "write `{{ widthratio(value, most, width) }}`"),
    ("lorem", "write `{{ lorem(3, \"w\") }}`"),
    ("querystring", "write `{{ querystring(page=2) }}`"),
    ("templatetag", "write `{{ \"{%\" }}`"),
    (
        "resetcycle",
        "write `{% set row = cycler(\"a\", \"b\") %}`, `{{ row.next() }}` and `{{ row.reset() }}`",
    ),
    (
        "debug",
        "write `{{ values|pprint }}` for what you look for; `{% if debug %}` asks whether the site is being developed",
    ),
    ("csrf_token", "write `{{ csrf_input() }}`; `{{ form.open }}` has it already"),
    ("partialdef", "a block is a fragment already: `page!(\"film.html#reviews\")`"),
];

/// The language's own and Django's, to guess from.
const KNOWN: &[&str] = &[
    "autoescape",
    "block",
    "break",
    "cache",
    "call",
    "comment",
    "continue",
    "cycle",
    "do",
    "else",
    "elif",
    "extends",
    "filter",
    "for",
    "from",
    "if",
    "ifchanged",
    "import",
    "include",
    "macro",
    "raw",
    "set",
    "spaceless",
    "verbatim",
    "with",
];

/// What may have been meant by `{% name %}`.
pub(crate) fn hint(name: &str, own: &Tags) -> String {
    if let Some((_, instead)) = DJANGO.iter().find(|(known, _)| *known == name) {
        return format!("; {instead}");
    }
    let known = |name: &str| own.form(name).is_some() || KNOWN.contains(&name);
    if name.strip_prefix("end").is_some_and(known) {
        return "; it does not end what is open here: a tag before it has no end".to_owned();
    }
    let ends: Vec<String> =
        own.names().chain(KNOWN.iter().copied()).map(|name| format!("end{name}")).collect();
    let known = own.names().chain(KNOWN.iter().copied());
    did_you_mean(name, known.chain(ends.iter().map(String::as_str).filter(|_| name.starts_with("en"))))
}
