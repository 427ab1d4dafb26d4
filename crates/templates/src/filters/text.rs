//! Filters for text.

use minijinja::{Environment, Error, value::Value};
use quintet_core::html::{Escaped, write_escaped};

use super::{pass, text_of, wrong};

pub(super) fn add(env: &mut Environment<'static>) {
    env.add_filter("capfirst", capfirst);
    env.add_filter("linebreaks", linebreaks);
    env.add_filter("linebreaksbr", linebreaksbr);
    env.add_filter("slugify", slugify);
    env.add_filter("striptags", striptags);
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
    Ok(Value::from(first + chars.as_str()))
}

/// At most so many characters, the last of them "…" where text was cut off.
fn truncatechars(value: &Value, length: usize) -> Result<Value, Error> {
    pass!(value);
    let text = text_of(value);
    if text.chars().nth(length).is_none() {
        return Ok(Value::from(text));
    }
    let Some(kept) = length.checked_sub(1) else { return Ok(Value::from("")) };
    Ok(Value::from(text.chars().take(kept).chain(['…']).collect::<String>()))
}

/// At most so many words, with " …" behind where words were cut off. White space becomes single spaces.
fn truncatewords(value: &Value, length: usize) -> Result<Value, Error> {
    pass!(value);
    let text = text_of(value);
    let mut words = text.split_whitespace();
    let mut kept = words.by_ref().take(length).collect::<Vec<_>>().join(" ");
    if words.next().is_some() {
        kept.push_str(if kept.is_empty() { "…" } else { " …" });
    }
    Ok(Value::from(kept))
}

/// How many words.
fn wordcount(value: &Value) -> Result<Value, Error> {
    pass!(value);
    Ok(Value::from(text_of(value).split_whitespace().count()))
}

/// Paragraphs and line breaks as typed: `<p>` around what empty lines part, `<br>` at the ends of lines.
fn linebreaks(value: &Value) -> Result<Value, Error> {
    pass!(value);
    let text = unix_lines(value);
    let mut out = String::with_capacity(text.len() + 16);
    for (i, paragraph) in paragraphs(&text).enumerate() {
        out.push_str(if i == 0 { "<p>" } else { "\n\n<p>" });
        broken(&mut out, paragraph, value.is_safe())?;
        out.push_str("</p>");
    }
    Ok(Value::from_safe_string(out))
}

/// `<br>` at the ends of lines.
fn linebreaksbr(value: &Value) -> Result<Value, Error> {
    pass!(value);
    let mut out = String::new();
    broken(&mut out, &unix_lines(value), value.is_safe())?;
    Ok(Value::from_safe_string(out))
}

fn unix_lines(value: &Value) -> String {
    text_of(value).replace("\r\n", "\n").replace('\r', "\n")
}

/// What runs of two and more line ends part.
fn paragraphs(text: &str) -> impl Iterator<Item = &str> {
    text.split("\n\n").map(|p| p.trim_matches('\n')).filter(|p| !p.is_empty())
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
    for c in text_of(value).chars() {
        let c = plain_letter(c).to_ascii_lowercase();
        if c.is_ascii_alphanumeric() || c == '_' {
            if gap && !slug.is_empty() {
                slug.push('-');
            }
            gap = false;
            slug.push(c);
        } else if c.is_whitespace() || c == '-' {
            gap = true;
        }
    }
    Ok(Value::from(slug.trim_matches(['-', '_'])))
}

/// The letter without its accent, for the letters of Latin-1 and Latin Extended-A that are letter and accent.
fn plain_letter(c: char) -> char {
    const PLAIN: &[(&str, char)] = &[
        ("ÀÁÂÃÄÅĀĂĄàáâãäåāăą", 'a'),
        ("ÇĆĈĊČçćĉċč", 'c'),
        ("ĎĐďđ", 'd'),
        ("ÈÉÊËĒĔĖĘĚèéêëēĕėęě", 'e'),
        ("ĜĞĠĢĝğġģ", 'g'),
        ("ĤĥĦħ", 'h'),
        ("ÌÍÎÏĨĪĬĮİìíîïĩīĭįı", 'i'),
        ("Ĵĵ", 'j'),
        ("Ķķ", 'k'),
        ("ĹĻĽŁĺļľł", 'l'),
        ("ÑŃŅŇñńņň", 'n'),
        ("ÒÓÔÕÖØŌŎŐòóôõöøōŏő", 'o'),
        ("ŔŖŘŕŗř", 'r'),
        ("ŚŜŞŠśŝşš", 's'),
        ("ŢŤŦţťŧ", 't'),
        ("ÙÚÛÜŨŪŬŮŰŲùúûüũūŭůűų", 'u'),
        ("Ŵŵ", 'w'),
        ("ÝŶŸýÿŷ", 'y'),
        ("ŹŻŽźżž", 'z'),
    ];
    if c.is_ascii() {
        return c;
    }
    PLAIN.iter().find(|(letters, _)| letters.contains(c)).map_or(c, |(_, plain)| *plain)
}

/// Without what looks like tags. For reading, not for safety: the result is escaped where it is shown.
fn striptags(value: &Value) -> Result<Value, Error> {
    pass!(value);
    let text = text_of(value);
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_ref();
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        let is_tag = after.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'));
        match after.split_once('>') {
            Some((_, behind)) if is_tag => rest = behind,
            _ => {
                out.push('<');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    Ok(Value::from(out))
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
            ("truncatewords(0)", "one", "…"),
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
            ("linebreaks", "", ""),
            ("linebreaks", "a\nb\n\n\nc", "<p>a<br>b</p>\n\n<p>c</p>"),
            ("linebreaks", "a\r\n\r\nb", "<p>a</p>\n\n<p>b</p>"),
            ("linebreaks", "<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
            ("linebreaksbr", "\"a\"\n'b'&", "&quot;a&quot;<br>&#x27;b&#x27;&amp;"),
            ("safe|linebreaksbr", "<b>a</b>\nb", "<b>a</b><br>b"),
        ]);
    }

    #[test]
    fn slugs_and_tags() {
        check(&[
            ("slugify", "Les Quatre Cents Coups!", "les-quatre-cents-coups"),
            ("slugify", "  Amélie -- Ça va?  ", "amelie-ca-va"),
            ("slugify", "日本", ""),
            ("slugify", "_a b_", "a-b"),
            ("slugify", "<script>", "script"),
            ("striptags", "<p class='x'>a <b>b</b></p> 1 < 2", "a b 1 &lt; 2"),
            ("striptags", "<<b>script>alert(1)<</b>/script>", "&lt;script&gt;alert(1)&lt;&#x2f;script&gt;"),
        ]);
    }
}
