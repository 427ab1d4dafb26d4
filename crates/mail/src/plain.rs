//! The text of HTML: for programs that show no HTML, and for people who read faster without.

/// The text that HTML shows: paragraphs apart, entries of lists behind dashes, addresses of links behind their words.
///
/// ```
/// use quintet_mail::text_of_html;
///
/// let html = "<style>p { color: red }</style><h1>Hello</h1><p>Read <a href=\"https://example.com/7/\">the  review</a>.</p><ul><li>one<li>two</ul>";
/// assert_eq!(text_of_html(html), "Hello\n\nRead the review (https://example.com/7/).\n\n- one\n- two");
/// ```
#[must_use]
pub fn text_of_html(html: &str) -> String {
    let mut out = Text::default();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let (words, tag) = rest.split_at(at);
        out.words(words);
        rest = out.tag(tag);
    }
    out.words(rest);
    out.finish()
}

#[derive(Default)]
struct Text {
    out: String,
    /// Line breaks to come before the next word.
    breaks: usize,
    space: bool,
    /// In `<pre>`, where spaces and lines stay.
    kept: usize,
    /// The link that is open: its address, and where its words begin.
    link: Option<(String, usize)>,
}

/// Their content is no text.
const HIDDEN: [&str; 5] = ["head", "style", "script", "title", "template"];
const BLOCKS: [&str; 19] = [
    "p",
    "div",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "ul",
    "ol",
    "table",
    "blockquote",
    "section",
    "article",
    "header",
    "footer",
    "main",
    "pre",
    "hr",
];
const LINES: [&str; 3] = ["tr", "dt", "dd"];

impl Text {
    fn breaks(&mut self, count: usize) {
        self.space = false;
        if !self.out.is_empty() {
            self.breaks = self.breaks.max(count);
        }
    }

    fn before_word(&mut self) {
        if self.breaks > 0 {
            self.out.extend(std::iter::repeat_n('\n', self.breaks));
            self.breaks = 0;
        } else if self.space && !self.out.is_empty() {
            self.out.push(' ');
        }
        self.space = false;
    }

    fn words(&mut self, html: &str) {
        let text = entities(html);
        if self.kept > 0 {
            self.before_word();
            self.out.push_str(&text);
            return;
        }
        for c in text.chars() {
            if matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{c}') {
                self.space = true;
            } else {
                self.before_word();
                self.out.push(if c == '\u{a0}' { ' ' } else { c });
            }
        }
    }

    /// Takes the tag at the start and gives what follows it.
    fn tag<'a>(&mut self, html: &'a str) -> &'a str {
        if let Some(comment) = html.strip_prefix("<!--") {
            return comment.split_once("-->").map_or("", |(_, rest)| rest);
        }
        let inner = html.get(1..).unwrap_or_default();
        if !inner.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?')) {
            self.words("&lt;");
            return inner;
        }
        let (tag, rest) = split_tag(inner);
        let closing = tag.starts_with('/');
        let body = tag.trim_start_matches('/');
        let name: String =
            body.chars().take_while(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
        if HIDDEN.contains(&name.as_str()) && !closing {
            return skip(rest, &name);
        }
        match name.as_str() {
            "br" => self.breaks += usize::from(!self.out.is_empty()),
            "li" if !closing => {
                self.breaks(1);
                self.words("-");
                self.space = true;
            }
            "td" | "th" => self.space = true,
            "img" => self.words(&attribute(body, "alt").unwrap_or_default()),
            "a" if closing => self.end_link(),
            "a" => self.link = attribute(body, "href").map(|href| (entities(&href), self.out.len())),
            _ if LINES.contains(&name.as_str()) => self.breaks(1),
            _ if BLOCKS.contains(&name.as_str()) => {
                // Lists in lists are no paragraphs.
                self.breaks(2);
                if name == "pre" {
                    self.kept = if closing { self.kept.saturating_sub(1) } else { self.kept + 1 };
                }
            }
            _ => {}
        }
        rest
    }

    fn end_link(&mut self) {
        let Some((href, from)) = self.link.take() else { return };
        let words = self.out.get(from..).unwrap_or_default().trim().to_owned();
        let shown = href.strip_prefix("mailto:").unwrap_or(&href);
        let web = href.starts_with("http://") || href.starts_with("https://") || href.starts_with("mailto:");
        if web && words != shown {
            if words.is_empty() {
                self.before_word();
                self.out.push_str(shown);
            } else {
                self.out.push_str(&format!(" ({shown})"));
            }
        }
    }

    fn finish(self) -> String {
        let lines: Vec<&str> = self.out.lines().map(str::trim_end).collect();
        lines.join("\n").trim().to_owned()
    }
}

/// Up to the `>` that stands in no quotes, and what follows.
fn split_tag(html: &str) -> (&str, &str) {
    let mut quote: Option<char> = None;
    for (at, c) in html.char_indices() {
        match (quote, c) {
            (None, '>') => {
                return (html.get(..at).unwrap_or_default(), html.get(at + 1..).unwrap_or_default());
            }
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            _ => {}
        }
    }
    (html, "")
}

/// What follows the end of this element.
fn skip<'a>(html: &'a str, name: &str) -> &'a str {
    let mut rest = html;
    while let Some(at) = rest.find("</") {
        rest = rest.get(at + 2..).unwrap_or_default();
        let found = rest.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
        let ends = rest
            .get(name.len()..)
            .is_some_and(|after| !after.starts_with(|c: char| c.is_ascii_alphanumeric()));
        if found && ends {
            return split_tag(rest).1;
        }
    }
    ""
}

fn attribute(tag: &str, wanted: &str) -> Option<String> {
    let mut rest = tag.split_once(|c: char| c.is_ascii_whitespace())?.1;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        let end = rest.find(|c: char| c == '=' || c.is_ascii_whitespace()).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        if name.is_empty() && after.is_empty() {
            return None;
        }
        let Some(after) = after.trim_start().strip_prefix('=') else {
            rest = after;
            if name.is_empty() {
                return None;
            }
            continue;
        };
        let after = after.trim_start();
        let (value, next) = match after.chars().next() {
            Some(quote @ ('"' | '\'')) => after.get(1..)?.split_once(quote)?,
            _ => after.split_at(after.find(|c: char| c.is_ascii_whitespace()).unwrap_or(after.len())),
        };
        if name.eq_ignore_ascii_case(wanted) {
            return Some(value.to_owned());
        }
        rest = next;
    }
}

/// The text with its character references read.
pub(crate) fn entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(rest.get(..at).unwrap_or_default());
        rest = rest.get(at..).unwrap_or_default();
        // The longest is short: what follows is not searched anew at each `&`.
        let end = rest.bytes().take(12).position(|byte| byte == b';');
        match end.and_then(|end| Some((reference(rest.get(1..end)?)?, rest.get(end + 1..)?))) {
            Some((c, after)) => {
                out.push(c);
                rest = after;
            }
            None => {
                out.push('&');
                rest = rest.get(1..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
    out
}

fn reference(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let number = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(number).filter(|c| !c.is_control() || *c == '\n' || *c == '\t');
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        "shy" => '\u{ad}',
        "ndash" => '–',
        "mdash" => '—',
        "hellip" => '…',
        "lsquo" => '‘',
        "rsquo" => '’',
        "ldquo" => '“',
        "rdquo" => '”',
        "laquo" => '«',
        "raquo" => '»',
        "middot" => '·',
        "bull" => '•',
        "times" => '×',
        "copy" => '©',
        "reg" => '®',
        "trade" => '™',
        "euro" => '€',
        "deg" => '°',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_becomes_what_it_shows() {
        for (html, text) in [
            ("", ""),
            ("plain &amp; simple", "plain & simple"),
            ("<p>one</p>\n\n<p>two<br>lines</p>", "one\n\ntwo\nlines"),
            ("<!-- no --><title>no</title><P>Yes</P><script>if (a < b) {}</script >!", "Yes\n\n!"),
            ("a < b &lt;c&gt; &unknown; &#8364;&#x20ac;", "a < b <c> &unknown; €€"),
            ("<a href='https://x.example/?a=1&amp;b=2'>here</a>", "here (https://x.example/?a=1&b=2)"),
            ("<a href=\"https://x.example/\">https://x.example/</a>", "https://x.example/"),
            ("<a class=b href=https://x.example/><img src=a alt='a > b'></a>", "a > b (https://x.example/)"),
            ("<a href=\"#top\">up</a> <a href=\"mailto:a@x.com\">write</a>", "up write (a@x.com)"),
            ("<pre>  a\n   b</pre><p>c", "  a\n   b\n\nc".trim()),
            ("<table><tr><td>a<td>b<tr><td>c</table>", "a b\nc"),
            ("<ol><li>a<ul><li>b</ul><li>c</ol>d", "- a\n\n- b\n\n- c\n\nd"),
            ("<p title=\"</p>\">x</p", "x"),
            ("a&nbsp;b", "a b"),
            ("<style>x", ""),
            ("<a", ""),
        ] {
            assert_eq!(text_of_html(html), text, "{html}");
        }
    }

    #[test]
    fn whatever_is_escaped_is_read_back() {
        for text in ["<b> & \"x\" 'y' &amp; &#39;", "a&b;c", "&", "é ✓"] {
            let escaped = quintet_core::html::Escaped(text).to_string();
            assert_eq!(entities(&escaped), text);
        }
    }
}
