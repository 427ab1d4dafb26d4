use quintet_core::{
    Result, TemplateValue, Value,
    value::{Kind, ValueRef},
};

use super::MARKS;
use crate::{decode::DecodeCx, field::FieldType};

/// A part of a text around the words that were searched for.
///
/// It knows which of its words those are; the text itself is plain, whatever it holds. In templates it is its parts:
/// `{% for part in snippet %}{% if part.found %}<mark>{{ part.text }}</mark>{% else %}{{ part.text }}{% endif %}{% endfor %}`.
///
/// ```
/// use quintet_orm::search::Snippet;
///
/// let snippet = Snippet::of([("in ", false), ("space", true), (" no one <hears>", false)]);
/// assert_eq!(snippet.to_html(), "in <mark>space</mark> no one &lt;hears&gt;");
/// assert_eq!(snippet.text(), "in space no one <hears>");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snippet {
    parts: Vec<(String, bool)>,
}

impl Snippet {
    /// A snippet of these parts: a text, and whether it was searched for.
    pub fn of<T: Into<String>>(parts: impl IntoIterator<Item = (T, bool)>) -> Self {
        Snippet { parts: parts.into_iter().map(|(text, found)| (text.into(), found)).collect() }
    }

    /// The parts, and whether each was searched for.
    pub fn parts(&self) -> impl Iterator<Item = (&str, bool)> {
        self.parts.iter().map(|(text, found)| (text.as_str(), *found))
    }

    /// The text alone.
    #[must_use]
    pub fn text(&self) -> String {
        self.parts().map(|(text, _)| text).collect()
    }

    /// As HTML: the text escaped, with `<mark>` around what was searched for.
    #[must_use]
    pub fn to_html(&self) -> String {
        let mut html = String::new();
        for (text, found) in self.parts() {
            html.push_str(if found { "<mark>" } else { "" });
            for c in text.chars() {
                match c {
                    '&' => html.push_str("&amp;"),
                    '<' => html.push_str("&lt;"),
                    '>' => html.push_str("&gt;"),
                    '"' => html.push_str("&quot;"),
                    '\'' => html.push_str("&#39;"),
                    c => html.push(c),
                }
            }
            html.push_str(if found { "</mark>" } else { "" });
        }
        html
    }

    /// Reads the text with its marks.
    fn marked(text: &str) -> Self {
        let (mut parts, mut found) = (Vec::new(), false);
        for part in text.split_inclusive([MARKS.0, MARKS.1]) {
            let plain = part.trim_end_matches([MARKS.0, MARKS.1]);
            if !plain.is_empty() {
                parts.push((plain.to_owned(), found));
            }
            found = part.ends_with(MARKS.0);
        }
        Snippet { parts }
    }
}

impl FieldType for Snippet {
    type Base = Snippet;
    type Like<U: FieldType<Base = U>> = U;
    const KIND: Kind = Kind::Text;

    fn decode(value: ValueRef<'_>, cx: &mut DecodeCx) -> Result<Self> {
        String::decode(value, cx).map(|text| Snippet::marked(&text))
    }

    fn encode(&self) -> Value {
        Value::Text(self.text())
    }
}

impl TemplateValue for Snippet {
    fn to_value(&self) -> Value {
        let part = |(text, found): (&str, bool)| {
            Value::Map(vec![
                ("text".into(), Value::Text(text.to_owned())),
                ("found".into(), Value::Bool(found)),
            ])
        };
        Value::List(self.parts().map(part).collect())
    }
}

impl serde::Serialize for Snippet {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serde::Serialize::serialize(&self.to_value(), serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_become_parts_and_nothing_else_does() {
        let of = |text: &str| Snippet::marked(&text.replace('[', "\u{E000}").replace(']', "\u{E001}"));
        assert_eq!(
            of("in [space] no [one]"),
            Snippet::of([("in ", false), ("space", true), (" no ", false), ("one", true)])
        );
        assert_eq!(of("<b>"), Snippet::of([("<b>", false)]));
        assert_eq!(of(""), Snippet::default());
        // A text with such characters of its own.
        assert_eq!(of("]a[[b"), Snippet::of([("a", false), ("b", true)]));
    }
}
