//! A line as a shell would take it apart, as far as tests need that.

/// Splits at spaces; what stands between quotes of either sort is one word, and a backslash takes the next character as it
/// is. `None` if a quote has no end.
pub(crate) fn split(line: &str) -> Option<Vec<String>> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None | Some('"'), '\\') => word.get_or_insert_default().push(chars.next()?),
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    if quote.is_some() {
        return None;
    }
    words.extend(word);
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn quotes_hold_words_together() {
        let words = |line| split(line).map(|words| words.join("|"));
        assert_eq!(words("  a  --b='c d' \"e \\\" f\" g\\ h ''").as_deref(), Some("a|--b=c d|e \" f|g h|"));
        assert_eq!(words(r"'a\b'").as_deref(), Some(r"a\b"));
        assert_eq!((words(""), words("'a")), (Some(String::new()), None));
    }
}
