//! `urlize` and `urlizetrunc`: addresses in a text become links.
//!
//! Read word by word as Django does it: what begins with `http://`, `https://` or `www.`, names under the seven oldest
//! domains, and addresses of mail; without the punctuation around them.

use minijinja::{AutoEscape, Environment, Error, State, value::Value};
use percent_encoding::{AsciiSet, percent_decode_str, utf8_percent_encode};
use quintet_core::valid::is_email;

use super::{
    escapes::UNRESERVED,
    pass,
    python::{count, escape_text, is_space},
    references::unescape,
    text_of,
};

pub(super) fn add(env: &mut Environment<'static>) {
    env.add_filter("urlize", |state: &State<'_, '_>, value: &Value| links(state, value, None));
    env.add_filter("urlizetrunc", |state: &State<'_, '_>, value: &Value, limit: Value| {
        let limit = usize::try_from(count(&limit, "urlizetrunc")?).unwrap_or(0);
        links(state, value, Some(limit))
    });
}

/// Longer ones are no addresses.
const LONGEST: usize = 2048;

fn links(state: &State<'_, '_>, value: &Value, limit: Option<usize>) -> Result<Value, Error> {
    pass!(value);
    let escape = !value.is_safe() && !matches!(state.auto_escape(), AutoEscape::None);
    let text = text_of(value);
    let mut out = String::with_capacity(text.len() * 2);
    let mut rest = text.as_ref();
    let parts = |c: char| is_space(c) || matches!(c, '<' | '>' | '"' | '\'');
    while let Some(first) = rest.chars().next() {
        let apart = parts(first);
        let (word, behind) = rest.split_at(rest.find(|c| parts(c) != apart).unwrap_or(rest.len()));
        let linked = if apart { None } else { link(word, limit, escape) };
        out.push_str(&linked.unwrap_or_else(|| shown(word, escape)));
        rest = behind;
    }
    Ok(Value::from_safe_string(out))
}

fn shown(text: &str, escape: bool) -> String {
    if escape { escape_text(text) } else { text.to_owned() }
}

fn link(word: &str, limit: Option<usize>, escape: bool) -> Option<String> {
    if !word.contains(['.', '@', ':']) {
        return None;
    }
    let (lead, middle, trail) = trim(word);
    let fits = middle.chars().count() <= LONGEST;
    let (url, rel) = if fits && is_http(middle) {
        (quoted(&unescape(middle)), " rel=\"nofollow\"")
    } else if fits && is_bare(middle) {
        (quoted(&format!("http://{}", unescape(middle))), " rel=\"nofollow\"")
    } else if !middle.contains(':') && is_email(middle) {
        let (local, domain) = middle.rsplit_once('@')?;
        let encoded = |part| utf8_percent_encode(part, UNRESERVED);
        (format!("mailto:{}@{}", encoded(local), encoded(domain)), "")
    } else {
        return None;
    };
    let cut = match limit {
        Some(limit) if middle.chars().count() > limit => {
            middle.chars().take(limit.saturating_sub(1)).chain(['…']).collect()
        }
        _ => middle.to_owned(),
    };
    Some(format!(
        "{}<a href=\"{}\"{rel}>{}</a>{}",
        shown(lead, escape),
        escape_text(&url),
        shown(&cut, escape),
        shown(&trail, escape)
    ))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn starts_with(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

fn is_http(text: &str) -> bool {
    let scheme = ["http://", "https://"].into_iter().find(|scheme| starts_with(text, scheme));
    let Some(rest) = scheme.and_then(|scheme| text.get(scheme.len()..)) else { return false };
    rest.strip_prefix('[').unwrap_or(rest).starts_with(is_word)
}

/// `www.…`, or `example.com` and `example.com/…`.
fn is_bare(text: &str) -> bool {
    if starts_with(text, "www.") {
        return true;
    }
    if starts_with(text, "http") || !text.starts_with(is_word) {
        return false;
    }
    // Before the ending stands at least one letter more than the first, and no `@`.
    let lower = text.to_ascii_lowercase();
    let first = text.chars().next().map_or(0, char::len_utf8);
    ["com", "edu", "gov", "int", "mil", "net", "org"].iter().any(|ending| {
        let dotted = format!(".{ending}");
        lower.match_indices(&dotted).any(|(at, found)| {
            let behind = lower.get(at + found.len()..).unwrap_or_default();
            at > first
                && !lower.get(first..at).unwrap_or_default().contains('@')
                && (behind.is_empty() || behind.starts_with('/'))
        })
    })
}

/// The punctuation before and behind an address, and the address.
fn trim(word: &str) -> (&str, &str, String) {
    const TRAILING: &[char] = &['.', ',', ':', ';', '!'];
    const TRAILING_BUT_SEMICOLON: &[char] = &['.', ',', ':', '!'];
    let mut middle = word.trim_start_matches(['(', '[']);
    let lead = word.get(..word.len() - middle.len()).unwrap_or_default();
    let mut trail = String::new();
    let counted = |c: char| middle.matches(c).count();
    let mut brackets = [('(', ')'), ('[', ']')].map(|(open, close)| (close, counted(open), counted(close)));
    let mut trimmed = true;
    while trimmed && !middle.is_empty() {
        trimmed = false;
        for (close, opened, closed) in &mut brackets {
            if opened < closed && middle.ends_with(*close) {
                let strip = *closed - *opened;
                // As Django does it: so many characters, whatever they are.
                let at = middle.char_indices().rev().nth(strip - 1).map_or(0, |(at, _)| at);
                let (kept, cut) = middle.split_at(at);
                trail = cut.to_owned();
                middle = kept;
                *closed -= strip;
                trimmed = true;
            }
        }
        let reference = middle.rfind('&');
        let kept =
            middle.trim_end_matches(if reference.is_some() { TRAILING_BUT_SEMICOLON } else { TRAILING });
        if kept.len() != middle.len() {
            trail = format!("{}{trail}", middle.get(kept.len()..).unwrap_or_default());
            middle = kept;
            trimmed = true;
        }
        if middle.ends_with(';') {
            let potential = reference.and_then(|at| middle.get(at..)).unwrap_or(";");
            let meant = unescape(potential);
            if meant == potential || meant.ends_with(';') {
                let kept = middle.trim_end_matches(TRAILING);
                let semicolons = middle.len() - middle.trim_end_matches(';').len();
                let start = match middle.get(kept.len()..).and_then(|rest| rest.find(';')) {
                    // The first may end a reference.
                    Some(at) if reference.is_some() && semicolons > 1 => kept.len() + at + 1,
                    _ => kept.len(),
                };
                trail = format!("{}{trail}", middle.get(start..).unwrap_or_default());
                middle = middle.get(..start).unwrap_or_default();
                trimmed = true;
            }
        }
    }
    (lead, middle, trail)
}

/// What RFC 3986 gives a meaning in an address.
const RESERVED: &AsciiSet = &UNRESERVED
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'/')
    .remove(b'?')
    .remove(b'#')
    .remove(b'[')
    .remove(b']')
    .remove(b'@');

/// The address with everything encoded that must be, once.
fn quoted(url: &str) -> String {
    let once =
        |part: &str| utf8_percent_encode(&percent_decode_str(part).decode_utf8_lossy(), RESERVED).to_string();
    let Some((scheme, rest)) = url.split_once("://") else { return once(url) };
    let host_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, rest) = rest.split_at(host_end);
    if host.contains('[') != host.contains(']') {
        return once(url);
    }
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let mut out = format!("{}://{}{}", scheme.to_ascii_lowercase(), once(host), once(path));
    if !query.is_empty() {
        let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            format!("{}={}", form(name), form(value))
        });
        let query = pairs.collect::<Vec<_>>().join("&");
        if !query.is_empty() {
            out.push('?');
            out.push_str(&query);
        }
    }
    if !fragment.is_empty() {
        out.push('#');
        out.push_str(&once(fragment));
    }
    out
}

/// A part of a query: `+` is a blank, and written so.
fn form(part: &str) -> String {
    let plain = part.replace('+', " ");
    let plain = percent_decode_str(&plain).decode_utf8_lossy();
    // A form decodes what a form encodes, and Django goes over it twice.
    let plain = percent_decode_str(&plain).decode_utf8_lossy();
    utf8_percent_encode(&plain, UNRESERVED).to_string().replace("%20", "+")
}
