//! Paths with parameters: checked, handed to axum, and filled in again for addresses.

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

/// What an argument keeps as it is: RFC 3986's unreserved characters and sub-delimiters, `:` and `@`.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
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
    .remove(b'@');
/// What a client encodes before it sends it.
const WIRE: &AsciiSet = &CONTROLS.add(b' ');
/// What the literal parts of a pattern can't have in an address.
const LITERAL: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'`').add(b'{').add(b'}');

/// A path such as `/films/{id}/`, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// Text, slashes included.
    Text(String),
    /// One segment.
    One(String),
    /// All that remains, slashes included.
    Rest(String),
}

impl Pattern {
    /// Takes a path apart.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub(crate) fn parse(path: &str) -> Result<Self, String> {
        let Some(inner) = path.strip_prefix('/') else {
            return Err(format!("the path \"{path}\" must start with a slash"));
        };
        if let Some(c) = path.chars().find(|c| c.is_whitespace() || c.is_control() || matches!(c, '?' | '#'))
        {
            return Err(format!("the path \"{path}\" has {c:?} in it"));
        }
        let mut parts = vec![Part::Text("/".to_owned())];
        let mut segments = inner.split('/').peekable();
        while let Some(segment) = segments.next() {
            let last = segments.peek().is_none();
            match hole(segment).map_err(|why| format!("the path \"{path}\": {why}"))? {
                None => parts.push(Part::Text(segment.replace("{{", "{").replace("}}", "}"))),
                Some(name) => {
                    let (name, rest) = name.strip_prefix('*').map_or((name, false), |name| (name, true));
                    if rest && !last {
                        return Err(format!(
                            "the path \"{path}\": `{{*{name}}}` takes all that remains, so it must stand last"
                        ));
                    }
                    if parts.iter().any(|p| p.name() == Some(name)) {
                        return Err(format!("the path \"{path}\" names `{{{name}}}` twice"));
                    }
                    parts.push(if rest { Part::Rest(name.to_owned()) } else { Part::One(name.to_owned()) });
                }
            }
            if !last {
                parts.push(Part::Text("/".to_owned()));
            }
        }
        Ok(Pattern(parts))
    }

    /// The parameters, in order.
    pub(crate) fn names(&self) -> Vec<String> {
        self.0.iter().filter_map(Part::name).map(str::to_owned).collect()
    }

    /// As axum's router wants it: literal text as it comes over the wire.
    pub(crate) fn for_axum(&self) -> String {
        self.0
            .iter()
            .map(|part| match part {
                Part::Text(text) => {
                    utf8_percent_encode(&text.replace('{', "{{").replace('}', "}}"), WIRE).to_string()
                }
                Part::One(name) => format!("{{{name}}}"),
                Part::Rest(name) => format!("{{*{name}}}"),
            })
            .collect()
    }

    /// The address with these arguments, percent-encoded.
    ///
    /// # Errors
    /// Names the parameter whose argument is missing, empty, or a `.` that browsers would resolve.
    pub(crate) fn fill(&self, arguments: &[(&str, String)]) -> Result<String, String> {
        let mut out = String::new();
        for part in &self.0 {
            let name = match part {
                Part::Text(text) => {
                    out.extend(utf8_percent_encode(text, LITERAL));
                    continue;
                }
                Part::One(name) | Part::Rest(name) => name,
            };
            let Some((_, value)) = arguments.iter().find(|(n, _)| n == name) else {
                return Err(format!("the argument `{name}` is missing"));
            };
            if value.is_empty() {
                return Err(format!("the argument `{name}` is empty: no address has an empty segment"));
            }
            match part {
                Part::Rest(_) => {
                    for (i, piece) in value.split('/').enumerate() {
                        if i > 0 {
                            out.push('/');
                        }
                        out.extend(segment(name, piece)?);
                    }
                }
                _ => out.extend(segment(name, value)?),
            }
        }
        Ok(out)
    }
}

/// Browsers take `.` and `..` out of an address, encoded or not, so no route could get them.
fn segment<'a>(name: &str, value: &'a str) -> Result<percent_encoding::PercentEncode<'a>, String> {
    if value == "." || value == ".." {
        return Err(format!("the argument `{name}` is `{value}`, which browsers take out of an address"));
    }
    Ok(utf8_percent_encode(value, SEGMENT))
}

impl Part {
    fn name(&self) -> Option<&str> {
        match self {
            Part::Text(_) => None,
            Part::One(name) | Part::Rest(name) => Some(name),
        }
    }
}

/// The name in `{name}`; none in a literal segment.
fn hole(segment: &str) -> Result<Option<&str>, String> {
    if segment.starts_with(':') || segment.starts_with('*') {
        let name = segment.trim_start_matches([':', '*']);
        return Err(format!("a parameter is written `{{{name}}}`, the rest of a path `{{*{name}}}`"));
    }
    let bare = segment.replace("{{", "").replace("}}", "");
    if !bare.contains(['{', '}']) {
        return Ok(None);
    }
    match segment.strip_prefix('{').and_then(|s| s.strip_suffix('}')) {
        Some(name) if !name.trim_start_matches('*').is_empty() && !name.contains(['{', '}']) => {
            Ok(Some(name))
        }
        _ => Err(format!("`{segment}`: a parameter in braces must be a whole segment, such as `/{{id}}/`")),
    }
}

/// Fills a path that is not installed anywhere.
pub(crate) fn fill(path: &str, arguments: &[(&str, String)]) -> Result<String, String> {
    Pattern::parse(path)?.fill(arguments)
}

/// The address of `path` below `prefix` (empty, or `/…` without a slash at the end).
pub(crate) fn join(prefix: &str, path: &str) -> String {
    format!("{prefix}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(pattern: &str, arguments: &[(&str, &str)]) -> Result<String, String> {
        let arguments: Vec<_> = arguments.iter().map(|(n, v)| (*n, (*v).to_owned())).collect();
        Pattern::parse(pattern).unwrap().fill(&arguments)
    }

    #[test]
    fn arguments_are_encoded_as_segments() {
        assert_eq!(filled("/films/{id}/", &[("id", "7")]).unwrap(), "/films/7/");
        assert_eq!(filled("/t/{name}", &[("name", "a b/c?d#e%ü")]).unwrap(), "/t/a%20b%2Fc%3Fd%23e%25%C3%BC");
        assert_eq!(filled("/f/{*rest}", &[("rest", "a b/c")]).unwrap(), "/f/a%20b/c");
        assert_eq!(filled("/über/{{x}}/", &[]).unwrap(), "/%C3%BCber/%7Bx%7D/");
        for wrong in ["", ".", ".."] {
            assert!(filled("/t/{name}", &[("name", wrong)]).is_err(), "{wrong}");
        }
        assert!(filled("/t/{name}", &[]).unwrap_err().contains("`name` is missing"));
        assert!(filled("/f/{*rest}", &[("rest", "a/../b")]).is_err());
    }

    #[test]
    fn malformed_paths_are_told() {
        for wrong in
            ["films", "", "/a b", "/:id", "/*x", "/a{id}", "/{id", "/{}", "/{*a}/b", "/{a}/{a}", "/a?b"]
        {
            assert!(Pattern::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn axum_gets_the_literal_text_as_it_comes_over_the_wire() {
        assert_eq!(Pattern::parse("/über/{id}/{*rest}").unwrap().for_axum(), "/%C3%BCber/{id}/{*rest}");
        assert_eq!(Pattern::parse("/{{x}}").unwrap().for_axum(), "/{{x}}");
    }
}
