use std::fmt;

/// A line in a file that a developer wrote: a template, `quintet.toml`, a migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourcePlace {
    /// The file, as the developer knows it (`templates/film.html`).
    pub file: String,
    /// The line, counted from 1; 0 if only the file is known.
    pub line: usize,
    /// The column in characters, counted from 1; 0 if unknown.
    pub column: usize,
    /// The text of the file, if it is at hand, for an excerpt around the line.
    pub text: Option<String>,
}

impl SourcePlace {
    /// A line of a file.
    pub fn new(file: impl Into<String>, line: usize) -> Self {
        SourcePlace { file: file.into(), line, column: 0, text: None }
    }

    /// With the whole text of the file, so that an excerpt can be shown.
    #[must_use]
    pub fn with_text(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }

    /// With a column, counted from 1.
    #[must_use]
    pub fn with_column(mut self, column: usize) -> Self {
        self.column = column;
        self
    }

    /// The lines around the place, with their numbers: `around` before and after.
    #[must_use]
    pub fn excerpt(&self, around: usize) -> Vec<(usize, &str)> {
        let first = self.line.saturating_sub(around).max(1);
        let last = self.line.saturating_add(around);
        let text = self.text.as_deref().unwrap_or_default();
        text.lines()
            .enumerate()
            .map(|(i, l)| (i + 1, l))
            .filter(|(n, _)| (first..=last).contains(n))
            .collect()
    }

    /// Line and column of a byte offset in `text`, both counted from 1.
    #[must_use]
    pub fn line_column(text: &str, offset: usize) -> (usize, usize) {
        let before = text.get(..offset.min(text.len())).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        (line, column)
    }
}

impl fmt::Display for SourcePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        if self.column > 0 {
            write!(f, ":{}", self.column)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_has_the_lines_around() {
        let place = SourcePlace::new("a.html", 3).with_text("1\n2\n3\n4\n5\n6");
        assert_eq!(place.excerpt(1), [(2, "2"), (3, "3"), (4, "4")]);
        assert_eq!(SourcePlace::new("a", 1).with_text("x").excerpt(5), [(1, "x")]);
    }

    #[test]
    fn offsets_become_lines_and_columns() {
        assert_eq!(SourcePlace::line_column("ab\nçd", 0), (1, 1));
        assert_eq!(SourcePlace::line_column("ab\nçd", 5), (2, 2));
        assert_eq!(SourcePlace::line_column("ab", 99), (1, 3));
    }
}
