//! HTML as the room of forms writes it, taken apart.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

/// An element: its name, its attributes, and the text in it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) text: String,
}

impl Element {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }
}

/// The elements of HTML as this room writes it: every attribute has quotes, or no value. What is no well-formed tag fails.
pub(crate) fn elements(html: &str) -> Vec<Element> {
    let mut all: Vec<Element> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let text = unescape(&rest[..at]);
        if let Some(&inner) = open.last() {
            all[inner].text.push_str(&text);
        }
        rest = &rest[at + 1..];
        if let Some(closing) = rest.strip_prefix('/') {
            let (name, after) = closing.split_once('>').unwrap();
            let inner = open.pop().unwrap_or_else(|| panic!("</{name}> closes nothing: {html}"));
            assert_eq!(all[inner].name, name, "{html}");
            let text = all[inner].text.clone();
            if let Some(&outer) = open.last() {
                all[outer].text.push_str(&text);
            }
            rest = after;
            continue;
        }
        if let Some(after) = rest.strip_prefix('!') {
            rest = after.split_once('>').unwrap().1;
            continue;
        }
        let (element, after) = tag(rest);
        if !matches!(element.name.as_str(), "input" | "br" | "meta" | "link" | "hr") {
            open.push(all.len());
        }
        all.push(element);
        rest = after;
    }
    assert!(open.is_empty(), "not closed: {:?}", open.iter().map(|i| &all[*i]).collect::<Vec<_>>());
    all
}

fn tag(text: &str) -> (Element, &str) {
    let end = text.find(|c: char| c.is_whitespace() || c == '>').unwrap();
    let mut element = Element { name: text[..end].to_owned(), attributes: Vec::new(), text: String::new() };
    assert!(element.name.chars().all(|c| c.is_ascii_alphanumeric()), "<{}", element.name);
    let mut rest = text[end..].trim_start();
    while !rest.starts_with('>') {
        let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '=' | '>')).unwrap();
        let name = rest[..end].to_owned();
        assert!(
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'),
            "{name:?} in {}: {text}",
            element.name
        );
        assert!(!element.has(&name), "{name} twice in {}", element.name);
        rest = &rest[end..];
        let mut value = String::new();
        if let Some(quoted) = rest.strip_prefix("=\"") {
            let (inside, after) = quoted.split_once('"').unwrap();
            assert!(!inside.contains('<'), "{inside}");
            value = unescape(inside);
            rest = after;
        }
        element.attributes.push((name, value));
        assert!(rest.starts_with([' ', '>', '\n']), "{rest}");
        rest = rest.trim_start();
    }
    (element, &rest[1..])
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#x27;", "'")
        .replace("&amp;", "&")
}

/// The one element with this attribute.
pub(crate) fn one<'a>(all: &'a [Element], name: &str, value: &str) -> &'a Element {
    let found: Vec<&Element> = all.iter().filter(|element| element.get(name) == Some(value)).collect();
    match found.as_slice() {
        [one] => one,
        other => panic!("{} elements with {name}={value}: {all:#?}", other.len()),
    }
}
