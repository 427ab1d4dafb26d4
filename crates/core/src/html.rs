//! Text put into HTML: the one escaping function of the house.

use std::fmt;

/// Text that shows in HTML as it is, whatever it holds, between tags and inside quoted attributes.
///
/// `&`, `<`, `>`, `"` and `'` become character references, nothing else changes.
///
/// ```
/// use quintet_core::html::Escaped;
///
/// let name = r#"<b onclick="alert('x')">"#;
/// assert_eq!(
///     format!("<p>{}</p>", Escaped(name)),
///     "<p>&lt;b onclick=&quot;alert(&#x27;x&#x27;)&quot;&gt;</p>"
/// );
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Escaped<'a>(pub &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_escaped(f, self.0)
    }
}

/// Writes `text` as [`Escaped`] shows it.
///
/// # Errors
/// Those of `out`.
pub fn write_escaped<W: fmt::Write + ?Sized>(out: &mut W, text: &str) -> fmt::Result {
    let mut rest = text;
    // Most text has nothing to escape and is written in one piece.
    while let Some(at) = rest.bytes().position(|b| reference(b).is_some()) {
        let (plain, special) = rest.split_at(at);
        if !plain.is_empty() {
            out.write_str(plain)?;
        }
        let mut bytes = special.bytes();
        out.write_str(bytes.next().and_then(reference).unwrap_or_default())?;
        // All characters with a reference are one byte long.
        rest = special.get(1..).unwrap_or_default();
    }
    if rest.is_empty() { Ok(()) } else { out.write_str(rest) }
}

fn reference(byte: u8) -> Option<&'static str> {
    Some(match byte {
        b'&' => "&amp;",
        b'<' => "&lt;",
        b'>' => "&gt;",
        b'"' => "&quot;",
        b'\'' => "&#x27;",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_means_something_in_html_changes() {
        for (text, html) in [
            ("", ""),
            ("plain / text = ok", "plain / text = ok"),
            ("a<b", "a&lt;b"),
            ("&&", "&amp;&amp;"),
            ("ünï<çødé>", "ünï&lt;çødé&gt;"),
            ("\"'", "&quot;&#x27;"),
            ("&amp;", "&amp;amp;"),
        ] {
            assert_eq!(Escaped(text).to_string(), html, "{text}");
        }
    }
}
