//! From text to a tree that can be compared.

/// A piece of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Node {
    Element {
        name: String,
        attributes: Vec<(String, String)>,
        children: Vec<Node>,
    },
    /// Without spaces at its ends, one between words.
    Text(String),
}

/// They never have an end tag.
const VOID: &[&str] =
    &["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"];
/// No element begins in their text.
const RAW: &[&str] = &["script", "style", "textarea", "title"];
/// Their spaces count.
const VERBATIM: &[&str] = &["pre", "textarea", "script", "style"];
/// An element that is over when one of the others begins in the same list, table or paragraph.
const IMPLIED: &[(&str, &[&str])] = &[
    ("li", &["li"]),
    ("option", &["option", "optgroup"]),
    ("dt", &["dt", "dd"]),
    ("dd", &["dt", "dd"]),
    ("tr", &["tr", "tbody", "tfoot"]),
    ("td", &["td", "th", "tr", "tbody", "tfoot"]),
    ("th", &["td", "th", "tr", "tbody", "tfoot"]),
    ("p", &["p", "div", "ul", "ol", "dl", "table", "form", "section", "h1", "h2", "h3", "h4", "h5", "h6"]),
];
/// Attributes that are either there or not.
const FLAGS: &[&str] = &[
    "allowfullscreen",
    "async",
    "autofocus",
    "autoplay",
    "checked",
    "controls",
    "default",
    "defer",
    "disabled",
    "formnovalidate",
    "hidden",
    "inert",
    "ismap",
    "itemscope",
    "loop",
    "multiple",
    "muted",
    "nomodule",
    "novalidate",
    "open",
    "playsinline",
    "readonly",
    "required",
    "reversed",
    "selected",
];

/// An element that is still open.
struct Open {
    name: String,
    attributes: Vec<(String, String)>,
    children: Vec<Node>,
}

struct Tree {
    /// The outermost is no element: it holds the result.
    open: Vec<Open>,
}

/// The tree of a page or a fragment. What is broken is read as well as it can be.
pub(super) fn parse(html: &str) -> Vec<Node> {
    let mut tree =
        Tree { open: vec![Open { name: String::new(), attributes: Vec::new(), children: Vec::new() }] };
    let mut rest = html;
    while !rest.is_empty() {
        let Some(at) = rest.find('<') else {
            tree.text(rest);
            break;
        };
        let (text, tag) = rest.split_at(at);
        if let Some(after) = tag.strip_prefix("<!--") {
            tree.text(text);
            rest = after.split_once("-->").map_or("", |(_, rest)| rest);
        } else if tag.starts_with("<!") || tag.starts_with("<?") {
            tree.text(text);
            rest = tag.split_once('>').map_or("", |(_, rest)| rest);
        } else if let Some(after) = tag.strip_prefix("</") {
            tree.text(text);
            let (name, after) = after.split_once('>').unwrap_or((after, ""));
            tree.end(&name.trim().to_ascii_lowercase());
            rest = after;
        } else if tag.chars().nth(1).is_some_and(|c| c.is_ascii_alphabetic()) {
            tree.text(text);
            rest = tree.start(tag.get(1..).unwrap_or_default());
        } else {
            // A `<` that begins nothing is a character.
            tree.text(&format!("{text}<"));
            rest = tag.get(1..).unwrap_or_default();
        }
    }
    tree.finish()
}

impl Tree {
    fn text(&mut self, raw: &str) {
        self.put_text(decode(raw));
    }

    fn put_text(&mut self, text: String) {
        let verbatim = self.open.iter().any(|open| VERBATIM.contains(&open.name.as_str()));
        let text = if verbatim { text } else { text.split_ascii_whitespace().collect::<Vec<_>>().join(" ") };
        if text.is_empty() {
            return;
        }
        let Some(top) = self.open.last_mut() else { return };
        match top.children.last_mut() {
            // A comment or a stray `<` stood between.
            Some(Node::Text(before)) => {
                if !verbatim {
                    before.push(' ');
                }
                before.push_str(&text);
            }
            _ => top.children.push(Node::Text(text)),
        }
    }

    /// Reads a start tag from behind its `<`, and gives what follows.
    fn start<'a>(&mut self, tag: &'a str) -> &'a str {
        let end = tag.find(|c: char| c.is_ascii_whitespace() || c == '/' || c == '>').unwrap_or(tag.len());
        let (name, rest) = tag.split_at(end);
        let name = name.to_ascii_lowercase();
        let (attributes, closed, rest) = attributes(rest);
        while let Some(open) = self.open.last()
            && IMPLIED.iter().any(|(over, by)| *over == open.name && by.contains(&name.as_str()))
        {
            self.close();
        }
        let element = Open { name, attributes, children: Vec::new() };
        if closed || VOID.contains(&element.name.as_str()) {
            self.open.push(element);
            self.close();
            return rest;
        }
        let raw = RAW.contains(&element.name.as_str()).then(|| element.name.clone());
        self.open.push(element);
        let Some(name) = raw else { return rest };
        let lower = rest.to_ascii_lowercase();
        let at = lower.find(&format!("</{name}")).unwrap_or(rest.len());
        let (text, rest) = rest.split_at(at);
        let escaped = name == "textarea" || name == "title";
        self.put_text(if escaped { decode(text) } else { text.to_owned() });
        self.close();
        rest.split_once('>').map_or("", |(_, rest)| rest)
    }

    /// Closes the innermost open element of this name, with all in it; one that is not open is passed over.
    fn end(&mut self, name: &str) {
        if self.open.iter().skip(1).any(|open| open.name == name) {
            while self.open.len() > 1 {
                let found = self.open.last().is_some_and(|open| open.name == name);
                self.close();
                if found {
                    break;
                }
            }
        }
    }

    fn close(&mut self) {
        if let Some(Open { name, attributes, children }) = self.open.pop()
            && let Some(parent) = self.open.last_mut()
        {
            parent.children.push(Node::Element { name, attributes, children });
        }
    }

    fn finish(mut self) -> Vec<Node> {
        while self.open.len() > 1 {
            self.close();
        }
        self.open.pop().map(|root| root.children).unwrap_or_default()
    }
}

/// The attributes of a tag by name, whether it ends with `/>`, and what follows it.
fn attributes(mut rest: &str) -> (Vec<(String, String)>, bool, &str) {
    let mut all: Vec<(String, String)> = Vec::new();
    loop {
        rest = rest.trim_ascii_start();
        if let Some(after) = rest.strip_prefix("/>") {
            return (sorted(all), true, after);
        }
        if let Some(after) = rest.strip_prefix('>') {
            return (sorted(all), false, after);
        }
        if rest.is_empty() {
            return (sorted(all), false, "");
        }
        if let Some(after) = rest.strip_prefix(['/', '=']) {
            rest = after;
            continue;
        }
        let ends = |c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>' | '=');
        let (name, after) = rest.split_at(rest.find(ends).unwrap_or(rest.len()));
        let name = name.to_ascii_lowercase();
        rest = after.trim_ascii_start();
        let mut value = "";
        if let Some(after) = rest.strip_prefix('=') {
            let after = after.trim_ascii_start();
            (value, rest) = match after.chars().next() {
                Some(quote @ ('"' | '\'')) => {
                    let inner = after.get(1..).unwrap_or_default();
                    inner.split_once(quote).unwrap_or((inner, ""))
                }
                _ => after.split_at(
                    after.find(|c: char| c.is_ascii_whitespace() || c == '>').unwrap_or(after.len()),
                ),
            };
        }
        let mut value = decode(value);
        if name == "class" {
            let mut classes: Vec<&str> = value.split_ascii_whitespace().collect();
            classes.sort_unstable();
            classes.dedup();
            value = classes.join(" ");
        } else if FLAGS.contains(&name.as_str()) {
            value.clear();
        }
        // The first of two holds.
        if !all.iter().any(|(known, _)| *known == name) {
            all.push((name, value));
        }
    }
}

fn sorted(mut all: Vec<(String, String)>) -> Vec<(String, String)> {
    all.sort_unstable();
    all
}

/// Resolves character references: the named ones that pages escape by, and all numbers.
fn decode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        let reference = after
            .get(1..)
            .and_then(|after| after.split_once(';'))
            .map(|(name, rest)| (reference(name), rest));
        match reference {
            Some((Some(c), after)) => {
                out.push(c);
                rest = after;
            }
            _ => {
                out.push('&');
                rest = after.get(1..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
    out
}

fn reference(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => number.parse(),
        };
        return char::from_u32(code.ok()?);
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        "copy" => '©',
        "hellip" => '…',
        "laquo" => '«',
        "raquo" => '»',
        "mdash" => '—',
        "ndash" => '–',
        "middot" => '·',
        "times" => '×',
        "larr" => '←',
        "rarr" => '→',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_text_and_verbatim_spaces_are_kept() {
        let element = |name: &str, text: &str| Node::Element {
            name: name.to_owned(),
            attributes: Vec::new(),
            children: vec![Node::Text(text.to_owned())],
        };
        assert_eq!(parse("<script>if (a < b && c) {}</SCRIPT>"), [element("script", "if (a < b && c) {}")]);
        assert_eq!(parse("<pre>a\n  b</pre>"), [element("pre", "a\n  b")]);
        assert_eq!(parse("<textarea><b>&amp;</textarea>"), [element("textarea", "<b>&")]);
    }

    #[test]
    fn broken_pages_are_read_to_their_end() {
        for html in [
            "<",
            "<a",
            "<a href=",
            "<a href='x",
            "</",
            "</a>",
            "<!--",
            "<!",
            "<a/",
            "a < b",
            "&",
            "&#xfffffff;",
            "<p></b></p>",
            "<é>",
        ] {
            parse(html);
        }
        assert_eq!(parse("a < b &unknown; &#xfffffff;"), [Node::Text("a < b &unknown; &#xfffffff;".into())]);
    }
}
