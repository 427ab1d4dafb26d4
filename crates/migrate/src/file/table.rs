//! A TOML table that is read key by key, with a place for every complaint.

use quintet_core::{Error, Result, near::did_you_mean};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::Source;
use crate::error::refuse;

/// A table with the file around it and a word for what it is (`add_field`, `field`).
pub(super) struct Table<'a> {
    source: &'a Source,
    table: &'a DeTable<'a>,
    at: usize,
    what: String,
}

type Item<'a> = &'a Spanned<DeValue<'a>>;

impl<'a> Table<'a> {
    /// The top of a file.
    pub(super) fn top(source: &'a Source, table: &'a DeTable<'a>) -> Self {
        Table { source, table, at: 0, what: "a migration".to_owned() }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Names the table better once its kind is known.
    pub(super) fn named(mut self, what: &str) -> Self {
        what.clone_into(&mut self.what);
        self
    }

    /// An error at a byte of the file.
    pub(super) fn error(&self, offset: usize, message: impl Into<String>) -> Error {
        refuse(message).in_file(self.source.place(offset))
    }

    /// An error at a key of the table, or where the table begins if it has none such.
    pub(super) fn error_at(&self, key: &str, message: impl Into<String>) -> Error {
        self.error(self.item(key).map_or(self.at, |item| item.span().start), message)
    }

    /// Refuses any key that is not in `known`.
    pub(super) fn allow(&self, known: &[&str]) -> Result {
        let mut unknown: Vec<_> =
            self.table.iter().map(|(k, _)| k).filter(|k| !known.contains(&k.get_ref().as_ref())).collect();
        unknown.sort_by_key(|k| k.span().start);
        match unknown.first() {
            None => Ok(()),
            Some(key) => {
                let name = key.get_ref();
                let near = did_you_mean(name, known.iter().copied());
                let known = if near.is_empty() { format!("; it has {}", known.join(", ")) } else { near };
                Err(self.error(key.span().start, format!("{} has no key `{name}`{known}", self.what)))
            }
        }
    }

    pub(super) fn item(&self, key: &str) -> Option<Item<'a>> {
        self.table.get(key)
    }

    /// The entries in the order of the file.
    pub(super) fn entries(&self) -> Vec<(&'a str, Item<'a>)> {
        let mut all: Vec<_> =
            self.table.iter().map(|(k, v)| (k.span().start, k.get_ref().as_ref(), v)).collect();
        all.sort_by_key(|(at, ..)| *at);
        all.into_iter().map(|(_, name, value)| (name, value)).collect()
    }

    fn wrong(&self, item: Item<'_>, key: &str, expected: &str) -> Error {
        let found = match item.get_ref() {
            DeValue::String(_) => "text",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.error(item.span().start, format!("`{key}` of {} must be {expected}, not {found}", self.what))
    }

    pub(super) fn missing(&self, key: &str) -> Error {
        self.error(self.at, format!("{} needs `{key}`", self.what))
    }

    pub(super) fn opt_text(&self, key: &str) -> Result<Option<String>> {
        match self.item(key) {
            None => Ok(None),
            Some(item) => match item.get_ref() {
                DeValue::String(text) => Ok(Some(text.to_string())),
                _ => Err(self.wrong(item, key, "text")),
            },
        }
    }

    pub(super) fn text(&self, key: &str) -> Result<String> {
        self.opt_text(key)?.ok_or_else(|| self.missing(key))
    }

    pub(super) fn flag(&self, key: &str) -> Result<bool> {
        match self.item(key) {
            None => Ok(false),
            Some(item) => match item.get_ref() {
                DeValue::Boolean(yes) => Ok(*yes),
                _ => Err(self.wrong(item, key, "true or false")),
            },
        }
    }

    pub(super) fn opt_number<T: TryFrom<i64>>(&self, key: &str) -> Result<Option<T>> {
        let Some(item) = self.item(key) else { return Ok(None) };
        let read = match item.get_ref() {
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => return Err(self.wrong(item, key, "a whole number")),
        };
        match read.and_then(|n| T::try_from(n).ok()) {
            Some(number) => Ok(Some(number)),
            None => Err(self.error(item.span().start, format!("`{key}` of {} is out of range", self.what))),
        }
    }

    /// A value that is kept as text until the field's kind is known: text, number, yes or no, date.
    pub(super) fn opt_scalar(&self, key: &str) -> Result<Option<String>> {
        let Some(item) = self.item(key) else { return Ok(None) };
        Ok(Some(match item.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Integer(number) if number.radix() == 10 => number.as_str().to_owned(),
            DeValue::Float(number) => number.as_str().to_owned(),
            DeValue::Boolean(yes) => yes.to_string(),
            DeValue::Datetime(date) => date.to_string(),
            _ => return Err(self.wrong(item, key, "a value (text, number, true or false, date)")),
        }))
    }

    pub(super) fn opt_list(&self, key: &str) -> Result<Option<Vec<Item<'a>>>> {
        match self.item(key) {
            None => Ok(None),
            Some(item) => match item.get_ref() {
                DeValue::Array(items) => Ok(Some(items.iter().collect())),
                _ => Err(self.wrong(item, key, "a list")),
            },
        }
    }

    /// A list of texts; empty if the key is not there.
    pub(super) fn texts(&self, key: &str) -> Result<Vec<(String, usize)>> {
        let items = self.opt_list(key)?.unwrap_or_default();
        items.into_iter().map(|item| self.text_in(item, key)).collect()
    }

    fn text_in(&self, item: Item<'a>, key: &str) -> Result<(String, usize)> {
        match item.get_ref() {
            DeValue::String(text) => Ok((text.to_string(), item.span().start)),
            _ => Err(self.wrong(item, key, "a list of texts")),
        }
    }

    /// A list of lists of texts; `None` if the key is not there.
    pub(super) fn opt_sets(&self, key: &str) -> Result<Option<Vec<Vec<String>>>> {
        let Some(items) = self.opt_list(key)? else { return Ok(None) };
        let set = |item: Item<'a>| -> Result<Vec<String>> {
            match item.get_ref() {
                DeValue::Array(names) => {
                    names.iter().map(|name| self.text_in(name, key).map(|(text, _)| text)).collect()
                }
                _ => Err(self.wrong(item, key, "a list of lists of field names")),
            }
        };
        items.into_iter().map(set).collect::<Result<_>>().map(Some)
    }

    /// An inner table.
    pub(super) fn table_in(&self, item: Item<'a>, key: &str, what: &str) -> Result<Table<'a>> {
        match item.get_ref() {
            DeValue::Table(table) => {
                Ok(Table { source: self.source, table, at: item.span().start, what: what.to_owned() })
            }
            _ => Err(self.wrong(item, key, "a table")),
        }
    }

    /// A table of texts; empty if the key is not there.
    pub(super) fn text_table(&self, key: &str) -> Result<Vec<(String, String)>> {
        let Some(item) = self.item(key) else { return Ok(Vec::new()) };
        let inner = self.table_in(item, key, key)?;
        inner.entries().into_iter().map(|(name, _)| Ok((name.to_owned(), inner.text(name)?))).collect()
    }
}
