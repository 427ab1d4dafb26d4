//! The page that a developer sees when something fails: what went wrong, the probable repair, and what led there.
//!
//! Made of a [`DebugInfo`] in one go: `sections` says what there is to show, `source` reads the lines around a place,
//! `advice` finds the repair, `mask` hides what lets one in, `markup` is the only way to HTML (what is not a literal of
//! this program is escaped). The page stands alone: no script, no further request; its one style sheet is allowed by
//! its hash ([`policy`]). It is never made outside debug.
mod advice;
mod info;
mod markup;
pub(crate) mod mask;
mod sections;
mod source;

use std::sync::LazyLock;

use http::HeaderValue;

pub use info::{DebugInfo, FactTable};
use markup::Html;

const STYLE: &str = concat!(include_str!("../palette.css"), include_str!("debug.css"));

/// The page.
pub fn page(info: &DebugInfo) -> String {
    markup::hiding(&info.hidden, || write(info))
}

/// The path as the page may show it.
fn path(info: &DebugInfo) -> &str {
    info.address.split('?').next().unwrap_or_default()
}

fn write(info: &DebugInfo) -> String {
    let message = sections::message(info);
    let sections = sections::all(info);
    let mut out = Html::default();
    out.raw("<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">")
        .raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")
        .raw("<meta name=\"color-scheme\" content=\"light dark\"><meta name=\"robots\" content=\"noindex\">\n<title>")
        .text(&message)
        .raw(" at ")
        .text(path(info))
        .raw("</title><style>")
        .raw(STYLE)
        .raw("</style></head>\n<body><a class=\"skip\" href=\"#main\">Skip to content</a>\n")
        .raw("<header class=\"devbar\"><div><span class=\"brand\"><svg class=\"mark\" viewBox=\"0 0 25 20\" aria-hidden=\"true\">")
        .raw("<path d=\"M1 7h3v9H1zM6 3h3v15H6zM11 0h3v13h-3zM16 5h3v15h-3zM21 8h3v6h-3z\"/></svg>Quintet</span>")
        .raw("<span class=\"muted\">Debug page, shown because <code>debug = true</code>. Never served in production.</span>")
        .raw("</div></header>\n<main class=\"dev\" id=\"main\" tabindex=\"-1\">\n");
    head(&mut out, info, &message);
    if let Some(advice) = advice::advice(info, &message) {
        out.raw("<div class=\"note\"><h2>Probably this</h2><p>").prose(&advice).raw("</p></div>\n");
    }
    out.raw("<nav class=\"tabs\" aria-label=\"Sections\">");
    for section in &sections {
        out.raw("<a href=\"#").raw(section.id).raw("\">").raw(section.tab);
        if let Some(count) = section.count {
            out.raw(" <span class=\"tag\">").text(&count.to_string()).raw("</span>");
        }
        out.raw("</a>");
    }
    out.raw("</nav>\n");
    for section in &sections {
        out.raw("<section class=\"panel\" id=\"")
            .raw(section.id)
            .raw("\" aria-label=\"")
            .raw(section.tab)
            .raw("\"><header><h2>")
            .text(&section.title)
            .raw("</h2>");
        if let Some(note) = &section.note {
            out.raw("<span class=\"small muted\">").text(note).raw("</span>");
        }
        out.raw("</header>").append(&section.body).raw("</section>\n");
    }
    out.raw("</main></body></html>\n");
    out.finish()
}

fn head(out: &mut Html, info: &DebugInfo, message: &str) {
    out.raw("<div><p class=\"row\"><span class=\"tag bad\">")
        .text(info.status.as_str())
        .raw("</span><code>")
        .text(info.method.as_str())
        .raw(" ")
        .text(&info.address)
        .raw("</code>");
    if let Some(id) = &info.request_id {
        out.raw("<span class=\"muted small push\">request ").text(id).raw("</span>");
    }
    out.raw("</p><h1>")
        .prose(&sentence(message))
        .raw("</h1><p class=\"muted\">")
        .text(sections::kind(info.error.kind()));
    if let Some(place) = info.error.place() {
        out.raw(" in <a href=\"#file\"><code>").text(&place.to_string()).raw("</code></a>");
    }
    out.raw("</p></div>\n");
}

/// With a capital, as a heading begins. What begins with code or a name stays as it is.
fn sentence(message: &str) -> String {
    let word = message.split(|c: char| !c.is_ascii_lowercase()).next().unwrap_or_default();
    let is_word = message.get(word.len()..).is_some_and(|rest| rest.starts_with([' ', ',', ';']));
    match word.chars().next() {
        Some(first) if is_word => {
            format!("{}{}", first.to_ascii_uppercase(), message.get(1..).unwrap_or_default())
        }
        _ => message.to_owned(),
    }
}

/// The SHA-256 of the style sheet, as its policy names it. A test keeps it true, so that no site needs the hash function
/// for a page that only developers see.
const STYLE_HASH: &str = "gJTgCr/Ow97BP/7RS4xyv9jegsefwj7VS7YIqBmL/uM=";

/// The content security policy of the page: its style sheet and nothing else.
pub fn policy() -> HeaderValue {
    static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
        let text = format!(
            "default-src 'none'; style-src 'sha256-{STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        );
        HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("default-src 'none'"))
    });
    POLICY.clone()
}

#[cfg(test)]
mod tests;
