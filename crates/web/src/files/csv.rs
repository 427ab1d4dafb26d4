//! Rows as CSV (RFC 4180).

use std::{fmt, pin::pin};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use quintet_core::{Result, TemplateValue, Value};

use super::out::Out;

/// Writes rows as CSV: the argument of the function of [`Streamed::csv`](super::Streamed::csv).
///
/// A row is whatever templates can show: a tuple or a list is its cells, data, a model or a shape is the cells of its fields, with a first
/// line of their names. A text that a spreadsheet would take for a formula (it begins with `=`, `+`, `-`, `@`, a tab) gets a
/// `'` before it: what people typed into a form must not run on the desk of whoever opens the file.
pub struct Csv {
    out: Out,
    separator: char,
    formulas: bool,
    begun: bool,
}

impl Csv {
    pub(super) fn new(out: Out) -> Self {
        Csv { out, separator: ',', formulas: false, begun: false }
    }

    /// Between cells stands this rather than a comma: `;`, as spreadsheets in much of Europe expect.
    pub fn separator(&mut self, separator: char) -> &mut Self {
        self.separator = separator;
        self
    }

    /// Lets formulas through: for a file that a program reads.
    pub fn formulas(&mut self) -> &mut Self {
        self.formulas = true;
        self
    }

    /// Begins with the mark by which Excel knows that this is UTF-8.
    ///
    /// # Errors
    /// If the client has left.
    pub async fn mark(&mut self) -> Result {
        self.out.send("\u{feff}").await
    }

    /// A line of these names, instead of those of the fields.
    ///
    /// # Errors
    /// If the client has left.
    pub async fn header<N: AsRef<str>>(&mut self, names: impl IntoIterator<Item = N>) -> Result {
        let names = names.into_iter().map(|name| Value::Text(name.as_ref().to_owned())).collect();
        self.line(&Value::List(names)).await
    }

    /// A row.
    ///
    /// # Errors
    /// If the client has left.
    pub async fn row<T: TemplateValue + ?Sized>(&mut self, row: &T) -> Result {
        let row = row.to_value();
        if let (Value::Map(fields), false) = (&row, self.begun) {
            let names: Vec<String> = fields.iter().map(|(name, _)| name.to_string()).collect();
            self.header(names).await?;
        }
        self.line(&row).await
    }

    /// All rows of a stream: `csv.rows(Film.order_by(Film.title).stream(&db)).await`.
    ///
    /// # Errors
    /// That of the stream, or if the client has left.
    pub async fn rows<T: TemplateValue>(&mut self, rows: impl Stream<Item = Result<T>> + Send) -> Result {
        let mut rows = pin!(rows);
        while let Some(row) = rows.next().await {
            // Not across the wait: a row need not be able to move between threads.
            let value = row.map(|row| row.to_value())?;
            self.row(&value).await?;
        }
        Ok(())
    }

    async fn line(&mut self, row: &Value) -> Result {
        self.begun = true;
        let line = line(row, self.separator, self.formulas);
        self.out.send(Bytes::from(line)).await
    }
}

fn line(row: &Value, separator: char, formulas: bool) -> String {
    let mut line = String::new();
    let mut put = |value: &Value| {
        if !line.is_empty() {
            line.push(separator);
        }
        cell(value, separator, formulas, &mut line);
    };
    match row {
        Value::List(cells) => cells.iter().for_each(&mut put),
        Value::Map(fields) => fields.iter().for_each(|(_, value)| put(value)),
        one => put(one),
    }
    line.push_str("\r\n");
    line
}

fn cell(value: &Value, separator: char, formulas: bool, out: &mut String) {
    let (text, typed) = match value {
        Value::Null | Value::NotLoaded(_) => (String::new(), false),
        Value::Text(text) => (text.clone(), true),
        other => match serde_json::to_value(other) {
            Ok(serde_json::Value::String(text)) => (text, false),
            Ok(json) => (json.to_string(), true),
            Err(_) => (String::new(), false),
        },
    };
    // What is a number is none of anybody's formulas.
    let number = matches!(value, Value::Int(_) | Value::Float(_) | Value::Bool(_));
    let formula =
        typed && !number && text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let guard = if formula && !formulas { "'" } else { "" };
    let quoted = text.contains([separator, ',', ';', '"', '\r', '\n', '\t'])
        || text.starts_with(' ')
        || text.ends_with(' ')
        // An only empty cell would be an empty line, which is no row.
        || text.is_empty() && out.is_empty();
    if quoted {
        out.push('"');
        out.push_str(guard);
        out.push_str(&text.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(guard);
        out.push_str(&text);
    }
}

impl fmt::Debug for Csv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Csv").field("separator", &self.separator).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        let line = |row: Value| line(&row, ',', false);
        assert_eq!(line(("a", 1, Option::<i64>::None, true).to_value()), "a,1,,true\r\n");
        assert_eq!(line(("a,b", "say \"hi\"", "x\ny").to_value()), "\"a,b\",\"say \"\"hi\"\"\",\"x\ny\"\r\n");
        assert_eq!(line(("", "", "a").to_value()), "\"\",,a\r\n");
        assert_eq!(line((" a", "b ").to_value()), "\" a\",\"b \"\r\n");
        assert_eq!(line("one".to_value()), "one\r\n");
    }

    #[test]
    fn formulas_are_texts() {
        for text in ["=1+1", "+1", "-1", "@x", "=cmd|' /C calc'!A0", "＝1"] {
            assert_eq!(line(&(text, 1).to_value(), ',', false), format!("'{text},1\r\n"));
            assert_eq!(line(&(text, 1).to_value(), ',', true), format!("{text},1\r\n"));
        }
        assert_eq!(line(&("\t=1", "\r=1").to_value(), ',', false), "\"'\t=1\",\"'\r=1\"\r\n");
        // Another separator than the file's is one for the spreadsheets of other countries.
        assert_eq!(line(&("a;=1", "\n=1").to_value(), ',', false), "\"a;=1\",\"'\n=1\"\r\n");
        assert_eq!(line(&("a,=1", 1).to_value(), ';', false), "\"a,=1\";1\r\n");
        assert_eq!(line(&(-5, -1.5).to_value(), ',', false), "-5,-1.5\r\n");
        assert_eq!(line(&("a;b", "c").to_value(), ';', false), "\"a;b\";c\r\n");
    }
}
