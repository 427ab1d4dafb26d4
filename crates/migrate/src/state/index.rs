use quintet_core::Result;

use super::ModelState;
use crate::{error::refuse, names};

/// An index of a model at a point in history, beyond those of single fields and of what is unique together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexState {
    /// The name that it was given; else it follows from table and columns, and is renamed with them.
    pub name: Option<String>,
    /// Field names, with a minus in front where it descends.
    pub fields: Vec<String>,
    /// SQL expressions behind the fields.
    pub expressions: Vec<String>,
    /// An SQL condition: only the rows that meet it are in the index.
    pub condition: Option<String>,
    /// Fields that are carried along.
    pub include: Vec<String>,
    /// May no two of its rows share their values?
    pub unique: bool,
    /// Is that only checked when a transaction commits?
    pub deferrable: bool,
    /// Is it of the words of its fields, for full-text search?
    pub search: bool,
}

impl IndexState {
    /// The fields that it is over, each with whether it descends.
    pub fn parts(&self) -> impl Iterator<Item = (&str, bool)> {
        self.fields.iter().map(|field| match field.strip_prefix('-') {
            Some(field) => (field, true),
            None => (field.as_str(), false),
        })
    }

    /// Is this field a part of it, or carried along?
    #[must_use]
    pub fn has(&self, field: &str) -> bool {
        self.parts().any(|(name, _)| name == field) || self.include.iter().any(|name| name == field)
    }

    /// Is it over part of the rows, or over more than fields?
    #[must_use]
    pub fn is_raw(&self) -> bool {
        self.condition.is_some() || !self.expressions.is_empty()
    }

    /// Its name in the database.
    ///
    /// # Errors
    /// If one of its fields is not there.
    pub fn name(&self, model: &ModelState) -> Result<String> {
        if let Some(name) = &self.name {
            return Ok(name.clone());
        }
        if self.search {
            return Ok(quintet_orm::search::index_name(&model.table));
        }
        let mut columns = Vec::new();
        for (field, descending) in self.parts() {
            let column = &model.field(field)?.column;
            columns.push(if descending { format!("{column}_desc") } else { column.clone() });
        }
        if self.is_raw() || !self.include.is_empty() {
            // Its texts, so that two over the same fields differ.
            let text = format!("{:?}{:?}{:?}", self.expressions, self.condition, self.include);
            columns.push(names::hash(&text));
        }
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        // Not as the index of a single field is named: a field may have both.
        Ok(names::of(&model.table, &columns, if self.unique { "unique" } else { "index" }))
    }

    /// The SQL that is the developer's own.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        self.expressions.iter().chain(&self.condition).map(String::as_str)
    }
}

/// A rule that the database checks for every row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckState {
    /// Its name.
    pub name: String,
    /// The SQL condition that every row meets.
    pub sql: String,
}

impl ModelState {
    /// The index of this name in the database.
    ///
    /// # Errors
    /// If there is none.
    pub fn index(&self, name: &str) -> Result<&IndexState> {
        for index in &self.indexes {
            if index.name(self)? == name {
                return Ok(index);
            }
        }
        Err(refuse(format!("table `{}` has no index `{name}` at this point", self.table)))
    }

    /// The rule of this name.
    ///
    /// # Errors
    /// If there is none.
    pub fn check(&self, name: &str) -> Result<&CheckState> {
        self.checks
            .iter()
            .find(|check| check.name == name)
            .ok_or_else(|| refuse(format!("table `{}` has no constraint `{name}` at this point", self.table)))
    }

    /// The index or rule whose SQL mentions a column, in words.
    pub(crate) fn mention_of(&self, column: &str) -> Option<String> {
        let mentions = |text: &str| mentions(text, column);
        let check = self.checks.iter().find(|check| mentions(&check.sql));
        let index = self.indexes.iter().find(|index| index.texts().any(mentions));
        check.map(|check| format!("the constraint `{}`", check.name)).or_else(|| {
            index.and_then(|index| index.name(self).ok()).map(|name| format!("the index `{name}`"))
        })
    }
}

/// Is a column named in SQL, as far as its words tell?
pub(crate) fn mentions(sql: &str, column: &str) -> bool {
    sql.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word.eq_ignore_ascii_case(column))
}

/// SQL after a column was renamed, as databases rewrite it themselves. What stands in quotes of texts stays.
pub(crate) fn renamed(sql: &str, from: &str, to: &str) -> String {
    let plain = to.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && to.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    let quoted = format!("\"{}\"", to.replace('"', "\"\""));
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let (mut out, mut rest) = (String::with_capacity(sql.len()), sql);
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '\'' | '"' => {
                let closing = rest.char_indices().skip(1).find(|(_, c)| *c == first);
                closing.map_or(rest.len(), |(at, _)| at + 1)
            }
            c if is_word(c) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        let (part, more) = rest.split_at(end);
        let name = part.strip_prefix('"').and_then(|part| part.strip_suffix('"'));
        match name {
            Some(name) if name == from => out.push_str(&quoted),
            None if part.eq_ignore_ascii_case(from) => out.push_str(if plain { to } else { &quoted }),
            _ => out.push_str(part),
        }
        rest = more;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::renamed;

    #[test]
    fn sql_follows_a_renamed_column() {
        for (sql, after) in [
            ("price * amount", "price * pieces"),
            ("\"amount\" || ' amount of ' || AMOUNT", "\"pieces\" || ' amount of ' || pieces"),
            ("amounts + the_amount + 'it''s amount'", "amounts + the_amount + 'it''s amount'"),
            ("'ä' || amount", "'ä' || pieces"),
        ] {
            assert_eq!(renamed(sql, "amount", "pieces"), after);
        }
        assert_eq!(renamed("a + b", "a", "A b"), "\"A b\" + b");
    }
}
