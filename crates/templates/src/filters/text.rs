//! Filters for text.

use minijinja::{AutoEscape, Environment, Error, State, value::Value};
use quintet_core::html::{Escaped, write_escaped};
use unicode_normalization::{UnicodeNormalization, char::canonical_combining_class};

use super::{
    pass,
    python::{count, is_space, keep, words},
    text_of, wrong,
};

pub(super) fn add(env: &mut Environment<'static>) {
    env.add_filter("capfirst", capfirst);
    env.add_filter("linebreaks", linebreaks);
    env.add_filter("linebreaksbr", linebreaksbr);
    env.add_filter("slugify", slugify);
    env.add_filter("truncatechars", truncatechars);
    env.add_filter("truncatewords", truncatewords);
    env.add_filter("wordcount", wordcount);
}

/// The first letter as a capital, the rest as it is.
fn capfirst(value: &Value) -> Result<Value, Error> {
    pass!(value);
    let text = text_of(value);
    let mut chars = text.chars();
    let first: String = chars.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    Ok(keep(value, first + chars.as_str()))
}

/// At most so many characters, the last of them "…" where text was cut off. An accent that stands by itself is none.
fn truncatechars(value: &Value, length: Value) -> Result<Value, Error> {
    pass!(value);
    let Some(length) = usize::try_from(count(&length, "truncatechars")?).ok().filter(|length| *length > 0)
    else {
        return Ok(keep(value, ""));
    };
    let text: String = text_of(value).nfc().collect();
    let (mut seen, mut end) = (0, None);
    for (at, c) in text.char_indices() {
        if canonical_combining_class(c) != 0 {
            continue;
        }
        seen += 1;
        if seen == length {
            end = Some(at);
        }
        if seen > length {
            return Ok(keep(value, format!("{}…", text.get(..end.unwrap_or(0)).unwrap_or_default())));
        }
    }
    Ok(keep(value, text))
}

/// At most so many words, with " …" behind where words were cut off. White space becomes single spaces.
fn truncatewords(value: &Value, length: Value) -> Result<Value, Error> {
    pass!(value);
    let length = usize::try_from(count(&length, "truncatewords")?).unwrap_or(0);
    let text = text_of(value);
    let mut words = words(&text);
    let mut kept = words.by_ref().take(length).collect::<Vec<_>>().join(" ");
    if length > 0 && words.next().is_some() && !kept.ends_with(" …") {
        kept.push_str(" …");
    }
    Ok(keep(value, kept))
}

/// How many words.
fn wordcount(value: &Value) -> Result<Value, Error> {
    pass!(value);
    Ok(Value::from(words(&text_of(value)).count()))
}

/// Paragraphs and line breaks as typed: `<p>` around what empty lines part, `<br>` at the ends of lines.
fn linebreaks(state: &State<'_, '_>, value: &Value) -> Result<Value, Error> {
    pass!(value);
    let text = unix_lines(value);
    let mut out = String::with_capacity(text.len() + 16);
    for (i, paragraph) in paragraphs(&text).into_iter().enumerate() {
        out.push_str(if i == 0 { "<p>" } else { "\n\n<p>" });
        broken(&mut out, paragraph, is_html(state, value))?;
        out.push_str("</p>");
    }
    Ok(Value::from_safe_string(out))
}

/// `<br>` at the ends of lines.
fn linebreaksbr(state: &State<'_, '_>, value: &Value) -> Result<Value, Error> {
    pass!(value);
    let mut out = String::new();
    broken(&mut out, &unix_lines(value), is_html(state, value))?;
    Ok(Value::from_safe_string(out))
}

/// Is it to be left as it is?
fn is_html(state: &State<'_, '_>, value: &Value) -> bool {
    value.is_safe() || matches!(state.auto_escape(), AutoEscape::None)
}

fn unix_lines(value: &Value) -> String {
    text_of(value).replace("\r\n", "\n").replace('\r', "\n")
}

/// What runs of two and more line ends part.
fn paragraphs(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("\n\n") {
        found.push(before);
        rest = behind.trim_start_matches('\n');
    }
    found.push(rest);
    found
}

fn broken(out: &mut String, text: &str, safe: bool) -> Result<(), Error> {
    for (i, line) in text.split('\n').enumerate() {
        if i > 0 {
            out.push_str("<br>");
        }
        if safe {
            out.push_str(line);
        } else {
            write_escaped(out, line)?;
        }
    }
    Ok(())
}

/// Words for an address: small letters, digits, `_` and single `-`; accents are dropped, other letters left out.
fn slugify(value: &Value) -> Result<Value, Error> {
    pass!(value);
    let mut slug = String::new();
    let mut gap = false;
    for c in text_of(value).chars().map(plain_letter).nfkd() {
        let c = c.to_ascii_lowercase();
        if c.is_ascii_alphanumeric() || c == '_' {
            if gap {
                slug.push('-');
            }
            gap = false;
            slug.push(c);
        } else if c.is_ascii() && is_space(c) || c == '-' {
            gap = true;
        }
    }
    Ok(keep(value, slug.trim_matches(['-', '_'])))
}

/// The letter for those that no accent can be taken from.
fn plain_letter(c: char) -> char {
    match c {
        'ø' | 'Ø' => 'o',
        'ł' | 'Ł' => 'l',
        'đ' | 'Đ' => 'd',
        'ħ' | 'Ħ' => 'h',
        'ı' => 'i',
        'ŧ' | 'Ŧ' => 't',
        other => other,
    }
}

/// `<script id="…" type="application/json">…</script>`, which a script reads with `JSON.parse`.
pub(super) fn script(json: &str, id: &str) -> Result<Value, Error> {
    if id.is_empty() {
        return Err(wrong("json_script needs the id of the element: `films|json_script(\"films\")`"));
    }
    Ok(Value::from_safe_string(format!(
        "<script id=\"{}\" type=\"application/json\">{json}</script>",
        Escaped(id)
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use minijinja::{AutoEscape, context};

    fn check(cases: &[(&str, &str, &str)]) {
        let mut env = Environment::new();
        env.set_auto_escape_callback(|_| AutoEscape::Html);
        add(&mut env);
        for (filter, given, expected) in cases {
            let found = env.render_str(&format!("{{{{ v|{filter} }}}}"), context! { v => *given }).unwrap();
            assert_eq!(found, *expected, "{given:?}|{filter}");
        }
    }

    #[test]
    fn cutting() {
        check(&[
            ("truncatechars(5)", "", ""),
            ("truncatechars(5)", "12345", "12345"),
            ("truncatechars(5)", "123456", "1234…"),
            ("truncatechars(2)", "äöü", "ä…"),
            ("truncatechars(1)", "ab", "…"),
            ("truncatechars(0)", "ab", ""),
            ("truncatechars(4)", "<b>x</b>", "&lt;b&gt;…"),
            ("truncatewords(2)", "one  two\nthree", "one two …"),
            ("truncatewords(3)", "one two three", "one two three"),
            ("truncatewords(0)", "one", ""),
            ("truncatewords(1)", "<i> x", "&lt;i&gt; …"),
            ("wordcount", " a b\tc ", "3"),
            ("wordcount", "", "0"),
            ("capfirst", "élan vital", "Élan vital"),
            ("capfirst", "", ""),
        ]);
    }

    #[test]
    fn lines_become_html_and_what_is_in_them_does_not() {
        check(&[
            ("linebreaks", "", "<p></p>"),
            ("linebreaks", "a\nb\n\n\nc", "<p>a<br>b</p>\n\n<p>c</p>"),
            ("linebreaks", "a\r\n\r\nb", "<p>a</p>\n\n<p>b</p>"),
            ("linebreaks", "<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
            ("linebreaksbr", "\"a\"\n'b'&", "&quot;a&quot;<br>&#x27;b&#x27;&amp;"),
            ("safe|linebreaksbr", "<b>a</b>\nb", "<b>a</b><br>b"),
        ]);
    }

    #[test]
    fn slugs() {
        check(&[
            ("slugify", "Les Quatre Cents Coups!", "les-quatre-cents-coups"),
            ("slugify", "  Amélie -- Ça va?  ", "amelie-ca-va"),
            ("slugify", "日本", ""),
            ("slugify", "_a b_", "a-b"),
            ("slugify", "<script>", "script"),
        ]);
    }
}
