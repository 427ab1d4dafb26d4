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
    while let Some(at) = first_special(rest.as_bytes()) {
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

/// Sixteen bytes at a time, which is a few instructions for all of them; most have nothing special.
fn first_special(bytes: &[u8]) -> Option<usize> {
    let (chunks, rest) = bytes.as_chunks::<16>();
    let plain = chunks.iter().take_while(|chunk| !chunk.iter().fold(false, |any, b| any | is_special(*b)));
    let start = plain.count() * 16;
    // In the chunk that has one, or in what is left.
    let found = if start / 16 < chunks.len() { bytes.get(start..)? } else { rest };
    found.iter().position(|b| is_special(*b)).map(|at| start + at)
}

/// Apart from [`reference`], as it is asked for every byte of a page.
fn is_special(byte: u8) -> bool {
    matches!(byte, b'&' | b'<' | b'>' | b'"' | b'\'')
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
    fn the_first_special_byte_is_found_wherever_it_stands() {
        for length in 0..70 {
            let plain = vec![b'x'; length];
            assert_eq!(first_special(&plain), None, "{length}");
            for at in 0..length {
                let mut text = plain.clone();
                *text.get_mut(at).unwrap() = b'<';
                if let Some(last) = text.last_mut().filter(|_| at + 1 < length) {
                    *last = b'&';
                }
                assert_eq!(first_special(&text), Some(at), "{at} of {length}");
            }
        }
    }

    #[test]
    fn what_is_special_has_a_reference() {
        for byte in 0..=255 {
            assert_eq!(is_special(byte), reference(byte).is_some(), "{byte}");
        }
    }

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
