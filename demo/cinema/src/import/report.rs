//! What an import could not take as it was: every case kept, grouped for reading, written in full to a file.
//!
//! Cleaning makes [`Remark`]s about values; the command turns them into [`Notice`]s with their row and hands them to the [`Report`],
//! which also counts the rows, so that rows read = imported + already there + refused can be checked by anyone.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Write as _};
use std::io;
use std::path::Path;

use crate::view::figures::grouped;

/// What happened to a value or a row. The order is that of the report: what was lost comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The row is not in the database.
    RowRefused,
    /// The film is in the database without this value.
    ValueRefused,
    /// The value is in the database in another wording or with another meaning than in the file.
    Corrected,
    /// The value is the same, its type is not: the number 300 has become the text “300”.
    Converted,
    /// The value is in the database as it stands in the file, but it is hardly true.
    Doubtful,
}

impl Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RowRefused => "Rows not imported",
            Self::ValueRefused => "Values left out",
            Self::Corrected => "Values corrected",
            Self::Converted => "Values taken as another type",
            Self::Doubtful => "Values kept, but doubtful",
        })
    }
}

/// What cleaning has to say about one value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// What happened.
    pub kind: Kind,
    /// Why, in words that fit every value of the same fault.
    pub reason: &'static str,
    /// The value as the file has it, in JSON: the text "7" and the number 7 look different.
    pub before: String,
    /// The value as the database has it; `None` if it has none.
    pub after: Option<String>,
}

/// A remark with the place it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Place of the row in the file's array: the first is 1.
    pub row: i32,
    /// The film's title, as far as it is known: for people who read the report.
    pub film: String,
    /// The key in the file; empty if the notice is about the whole row.
    pub field: String,
    /// What happened and why.
    pub remark: Remark,
}

impl Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row {}", self.row)?;
        if !self.film.is_empty() {
            write!(f, ", {}", self.film)?;
        }
        if !self.field.is_empty() {
            write!(f, ", {}", self.field)?;
        }
        write!(f, ": {}", self.remark.before)?;
        match &self.remark.after {
            Some(after) => write!(f, " → {after}"),
            None => Ok(()),
        }
    }
}

/// The account of one import.
#[derive(Debug, Default)]
pub struct Report {
    /// Rows found in the file.
    pub read: u64,
    /// Films written by this run.
    pub imported: u64,
    /// Films that an earlier run had written.
    pub already_there: u64,
    /// Rows that became no film.
    pub refused: u64,
    notices: Vec<Notice>,
}

impl Report {
    /// Adds a case.
    pub fn add(&mut self, notice: Notice) {
        if notice.remark.kind == Kind::RowRefused {
            self.refused += 1;
        }
        self.notices.push(notice);
    }

    /// Every case, in the order of the file.
    #[must_use]
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// How many cases there are of a kind.
    #[must_use]
    pub fn count(&self, kind: Kind) -> usize {
        self.notices.iter().filter(|notice| notice.remark.kind == kind).count()
    }

    /// Whether each row that was read has become a film, was one already, or is named as refused.
    #[must_use]
    pub fn accounts_for_all(&self) -> bool {
        self.read == self.imported + self.already_there + self.refused
    }

    /// The same fault, gathered: kind and reason, with their cases.
    #[must_use]
    pub fn groups(&self) -> BTreeMap<(Kind, &'static str), Vec<&Notice>> {
        let mut groups: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for notice in &self.notices {
            groups.entry((notice.remark.kind, notice.remark.reason)).or_default().push(notice);
        }
        groups
    }

    /// The account in a line: `3,201 rows read: 3,200 imported, 0 already there, 1 refused`.
    #[must_use]
    pub fn summary(&self) -> String {
        let [read, imported, there, refused] =
            [self.read, self.imported, self.already_there, self.refused].map(grouped);
        format!("{read} rows read: {imported} imported, {there} already there, {refused} refused")
    }

    /// The account as text, with at most `examples` cases of each fault.
    #[must_use]
    pub fn text(&self, examples: usize) -> String {
        let mut out = self.summary() + "\n";
        let mut last = None;
        for ((kind, reason), cases) in self.groups() {
            // Writing to a String can't fail.
            if last != Some(kind) {
                let _ = write!(out, "\n{kind}: {}\n", self.count(kind));
                last = Some(kind);
            }
            let _ = writeln!(out, "  {} × {reason}", cases.len());
            for case in cases.iter().take(examples) {
                let _ = writeln!(out, "      {case}");
            }
            if let Some(more) = cases.len().checked_sub(examples).filter(|more| *more > 0) {
                let _ = writeln!(out, "      … and {more} more");
            }
        }
        out
    }

    /// Writes every case to `path`; directories on the way are made.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(path, self.text(usize::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(row: i32, kind: Kind, reason: &'static str) -> Notice {
        let remark = Remark { kind, reason, before: row.to_string(), after: Some(format!("“{row}”")) };
        Notice { row, film: format!("Film {row}"), field: "Title".into(), remark }
    }

    #[test]
    fn the_text_groups_by_fault_and_says_how_many_it_leaves_out() {
        let mut report = Report { read: 1203, imported: 1202, ..Report::default() };
        report.add(notice(5, Kind::Converted, "a number as title"));
        report.add(notice(1, Kind::RowRefused, "no title"));
        report.add(notice(9, Kind::Converted, "a number as title"));
        assert!(report.accounts_for_all());
        assert_eq!(
            report.text(1),
            "1,203 rows read: 1,202 imported, 0 already there, 1 refused\n\
             \nRows not imported: 1\n  1 × no title\n      row 1, Film 1, Title: 1 → “1”\n\
             \nValues taken as another type: 2\n  2 × a number as title\n      row 5, Film 5, Title: 5 → “5”\n      … and 1 more\n"
        );
        assert!(report.text(usize::MAX).contains("row 9"));
        assert!(!report.text(usize::MAX).contains("more"));
    }

    #[test]
    fn a_row_that_went_missing_shows() {
        let report = Report { read: 2, imported: 1, ..Report::default() };
        assert!(!report.accounts_for_all());
    }
}
