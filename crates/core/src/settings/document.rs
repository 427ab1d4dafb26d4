//! `quintet.toml` as values with places.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::{Given, problem::Problem};
use crate::error::SourcePlace;

/// A parsed file.
#[derive(Debug, Clone, Default)]
pub(super) struct Document {
    pub(super) file: String,
    text: String,
    pub(super) top: Table,
}

/// A table and the keys in it.
#[derive(Debug, Clone, Default)]
pub(super) struct Table(pub(super) Vec<Entry>);

#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) name: String,
    /// Where the name stands.
    pub(super) name_at: usize,
    /// Where the value stands.
    pub(super) value_at: usize,
    pub(super) node: Node,
}

/// A table is kept open, for it may be a section or the value of a key.
#[derive(Debug, Clone)]
pub(super) enum Node {
    Value(Given),
    Table(Table),
}

impl Document {
    /// Parses; with all the syntax errors if there are any.
    pub(super) fn parse(file: &str, text: &str) -> Result<Self, Vec<Problem>> {
        let (top, errors) = DeTable::parse_recoverable(text);
        let mut document = Document { file: file.to_owned(), text: text.to_owned(), top: Table::default() };
        if errors.is_empty() {
            document.top = table(top.get_ref());
            return Ok(document);
        }
        let problem = |error: &toml::de::Error| {
            let at = error.span().map_or(0, |span: Range<usize>| span.start);
            Problem::at(format!("this is no TOML: {}", error.message()), document.place(at))
        };
        Err(errors.iter().map(problem).collect())
    }

    /// The line and column of an offset. Without the text: the line beside an error may hold a secret.
    pub(super) fn place(&self, offset: usize) -> SourcePlace {
        let (line, column) = SourcePlace::line_column(&self.text, offset);
        SourcePlace::new(self.file.clone(), line).with_column(column)
    }

    /// The entry of `key` in the section (`""`, `server`, `server.tls`).
    pub(super) fn find(&self, section: &str, key: &str) -> Option<&Entry> {
        let mut table = &self.top;
        for part in section.split('.').filter(|part| !part.is_empty()) {
            match &table.get(part)?.node {
                Node::Table(inner) => table = inner,
                Node::Value(_) => return None,
            }
        }
        table.get(key)
    }
}

impl Table {
    fn get(&self, name: &str) -> Option<&Entry> {
        self.0.iter().find(|entry| entry.name == name)
    }
}

impl Node {
    /// As the value of a key.
    pub(super) fn given(&self) -> Given {
        match self {
            Node::Value(given) => given.clone(),
            Node::Table(table) => {
                Given::Table(table.0.iter().map(|entry| (entry.name.clone(), entry.node.given())).collect())
            }
        }
    }
}

fn table(source: &DeTable<'_>) -> Table {
    let entries = source.iter().map(|(name, value)| Entry {
        name: name.get_ref().to_string(),
        name_at: name.span().start,
        value_at: value.span().start,
        node: match value.get_ref() {
            DeValue::Table(inner) => Node::Table(table(inner)),
            other => Node::Value(given(other)),
        },
    });
    let mut entries: Vec<Entry> = entries.collect();
    entries.sort_by_key(|entry| entry.name_at);
    Table(entries)
}

fn given(value: &DeValue<'_>) -> Given {
    match value {
        DeValue::String(text) => Given::Text(text.to_string()),
        // A number past i128 fits no type: the largest one says so.
        DeValue::Integer(number) => {
            Given::Int(i128::from_str_radix(number.as_str(), number.radix()).unwrap_or(i128::MAX))
        }
        DeValue::Float(number) => Given::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(yes) => Given::Bool(*yes),
        DeValue::Datetime(date) => Given::Date(date.to_string()),
        DeValue::Array(items) => Given::List(items.iter().map(|item| given(item.get_ref())).collect()),
        DeValue::Table(inner) => Node::Table(table(inner)).given(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_places() {
        let document =
            Document::parse("q.toml", "debug = true\n[server.tls]\nport = 8_000\nhex = 0xff\n").unwrap();
        let port = document.find("server.tls", "port").unwrap();
        assert_eq!(port.node.given(), Given::Int(8000));
        assert_eq!(document.place(port.name_at).to_string(), "q.toml:3:1");
        assert_eq!(document.place(port.value_at).to_string(), "q.toml:3:8");
        assert_eq!(document.find("server.tls", "hex").unwrap().node.given(), Given::Int(255));
        assert!(document.find("server", "port").is_none());
    }

    #[test]
    fn all_syntax_errors_are_found() {
        let problems = Document::parse("q.toml", "a = \nb = 1\nc 2\n").unwrap_err();
        let lines: Vec<_> = problems.iter().map(|p| p.place.as_ref().unwrap().line).collect();
        assert!(lines.contains(&1) && lines.contains(&3), "{problems:?}");
    }
}
