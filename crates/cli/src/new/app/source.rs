//! Rust's text, with what is no code blanked out: enough to find a place in it without reading the language.

/// The text with comments, strings and characters replaced by spaces; every byte is where it was.
pub(super) fn code(source: &str) -> String {
    let bytes = source.as_bytes();
    let mut out = String::with_capacity(source.len());
    let mut at = 0;
    while at < source.len() {
        let rest = source.get(at..).unwrap_or_default();
        let before = at.checked_sub(1).and_then(|i| bytes.get(i)).is_some_and(|b| is_word(char::from(*b)));
        match skip(rest, before) {
            0 => {
                let Some(next) = rest.chars().next() else { break };
                out.push(next);
                at += next.len_utf8();
            }
            length => {
                let blank = rest.get(..length).unwrap_or(rest);
                out.extend(blank.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
                at += blank.len();
            }
        }
    }
    out
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// How many bytes at the front are no code. `in_word` says that a letter stands before.
fn skip(rest: &str, in_word: bool) -> usize {
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return block(rest);
    }
    if !in_word && let Some(length) = raw(rest) {
        return length;
    }
    if rest.starts_with('"') {
        return quoted(rest, '"');
    }
    // A character, and no lifetime.
    let inner: Vec<char> = rest.chars().take(3).collect();
    match inner.as_slice() {
        ['\'', '\\', _] | ['\'', _, '\''] => quoted(rest, '\''),
        _ => 0,
    }
}

/// A comment, with those inside of it.
fn block(rest: &str) -> usize {
    let (mut depth, mut at) = (0usize, 0);
    while let Some(here) = rest.get(at..).filter(|here| !here.is_empty()) {
        if here.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if here.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                break;
            }
        } else {
            at += here.chars().next().map_or(1, char::len_utf8);
        }
    }
    at
}

fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}

/// `r"…"`, `r#"…"#`, and those of bytes.
fn raw(rest: &str) -> Option<usize> {
    let start =
        rest.strip_prefix("br").or_else(|| rest.strip_prefix("cr")).or_else(|| rest.strip_prefix('r'))?;
    let hashes = start.len() - start.trim_start_matches('#').len();
    let inner = start.get(hashes..)?.strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let closes = inner.find(&end)?;
    Some(rest.len() - inner.len() + closes + end.len())
}

/// The byte after the bracket that closes the one at `open`, in text that [`code`] has blanked.
pub(super) fn closing(code: &str, open: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (at, c) in code.get(open..)?.char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(open + at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_is_left() {
        let source = "a // } é\nb \"}\\\"{\" c /* { /* } */ { */ 'd '}' '\\'' r#\"\" }\"# br\"{\" e";
        let left = code(source);
        assert_eq!(left.len(), source.len());
        assert_eq!(left.split_whitespace().collect::<Vec<_>>(), ["a", "b", "c", "'d", "e"]);
        assert_eq!(closing("f(a[1], {b}) c", 1), Some(12));
        assert_eq!(closing("f(a", 1), None);
    }
}
