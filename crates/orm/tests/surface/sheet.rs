//! The table's rows as they are run.

use std::{collections::BTreeSet, fmt::Debug, fs, path::PathBuf};

use quintet_orm::{
    Dialect, Stmt,
    dialect::{POSTGRES, SQLITE},
    field::FieldType,
    prelude::*,
};

use crate::common::*;

/// The database of the rows, and what they have shown.
pub(crate) struct Sheet {
    pub(crate) db: Db,
    pub(crate) rows: Rows,
    /// `Type::method` of what the rows were about.
    pub(crate) covered: BTreeSet<String>,
    /// Label, SQL on SQLite, SQL on PostgreSQL.
    statements: Vec<(String, String, String)>,
}

/// The films in the order of their keys.
pub(crate) const ALL: &[&str] = &["Alien", "Blade Runner", "Cléo de 5 à 7"];
pub(crate) const NONE: &[&str] = &[];
pub(crate) const ALIEN: &[&str] = &["Alien"];
pub(crate) const BLADE: &[&str] = &["Blade Runner"];
pub(crate) const CLEO: &[&str] = &["Cléo de 5 à 7"];
pub(crate) const BOTH: &[&str] = &["Alien", "Blade Runner"];
pub(crate) const OTHERS: &[&str] = &["Blade Runner", "Cléo de 5 à 7"];

impl Sheet {
    pub(crate) async fn new(on: &On) -> Sheet {
        let (db, rows) = on.filled().await;
        Sheet { db, rows, covered: BTreeSet::new(), statements: Vec::new() }
    }

    /// The methods that a row is about: `Operand::eq, Operand::ne (with NULLs)`.
    pub(crate) fn about(&mut self, label: &str) {
        let names = label.split(" (").next().unwrap_or_default();
        self.covered.extend(names.split(", ").map(str::to_owned));
    }

    /// What a row asks, on both databases.
    pub(crate) fn statement(
        &mut self,
        label: &str,
        to_sql: impl Fn(&'static Dialect) -> quintet_orm::prelude::Result<Stmt>,
    ) {
        self.about(label);
        let said = |dialect| match to_sql(dialect) {
            Ok(stmt) => stmt.sql.to_string(),
            Err(error) => format!("refused: {error}"),
        };
        assert!(!self.statements.iter().any(|(other, ..)| other == label), "two rows are called {label}");
        self.statements.push((label.to_owned(), said(&SQLITE), said(&POSTGRES)));
    }

    /// A query and the rows that it finds.
    pub(crate) async fn query<M: quintet_orm::Model, O>(
        &mut self,
        label: &str,
        query: QuerySet<M, O>,
        expected: &[O],
    ) where
        O: Send + Debug + PartialEq + 'static,
    {
        self.statement(label, |dialect| query.to_sql(dialect));
        let found = query.all(&self.db).await.unwrap_or_else(|error| panic!("{label}: {error:?}"));
        assert_eq!(found, expected, "{label}");
    }

    /// A condition and the films that match.
    pub(crate) async fn condition(&mut self, label: &str, condition: Cond<Film>, titles: &[&str]) {
        let titles: Vec<String> = titles.iter().map(|title| (*title).to_owned()).collect();
        self.query(label, Film.filter(condition).order_by(Film.id).select(Film.title), &titles).await;
    }

    /// An expression and its value for the film Alien.
    pub(crate) async fn value<T: FieldType + Debug + PartialEq>(
        &mut self,
        label: &str,
        value: Expr<Film, T>,
        expected: T,
    ) {
        self.query(label, Film.filter(Film.id.eq(self.rows.alien.id)).select(value), &[expected]).await;
    }

    /// An expression and its value for each film.
    pub(crate) async fn values<T: FieldType + Debug + PartialEq>(
        &mut self,
        label: &str,
        value: Expr<Film, T>,
        expected: &[T],
    ) {
        self.query(label, Film.order_by(Film.id).select(value), expected).await;
    }

    /// An expression and about which number it is for the film Alien.
    pub(crate) async fn about_number(&mut self, label: &str, value: Expr<Film, f64>, expected: f64) {
        let query = Film.filter(Film.id.eq(self.rows.alien.id)).select(value);
        self.statement(label, |dialect| query.to_sql(dialect));
        let found = query.one(&self.db).await.unwrap_or_else(|error| panic!("{label}: {error:?}"));
        assert!((found - expected).abs() < 1e-9, "{label}: {found} for {expected}");
    }

    /// What cannot be asked, on either database: a part of the message.
    pub(crate) fn refused<M: quintet_orm::Model, O: Send + 'static>(
        &mut self,
        label: &str,
        query: &QuerySet<M, O>,
        why: &str,
    ) {
        for dialect in [&SQLITE, &POSTGRES] {
            let error = query.to_sql(dialect).expect_err(label).to_string();
            assert!(error.contains(why), "{label}: {error}");
        }
        self.statement(label, |dialect| query.to_sql(dialect));
    }

    /// All statements are as the file says.
    pub(crate) fn compare_statements(&self) {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/surface/statements.txt");
        let mut text = String::new();
        for (label, sqlite, postgres) in &self.statements {
            text += &format!("# {label}\n");
            text += &match marked(postgres) == *sqlite {
                true => format!("both      {sqlite}\n"),
                false => format!("sqlite    {sqlite}\npostgres  {postgres}\n"),
            };
        }
        if std::env::var_os("QUINTET_BLESS").is_some() {
            fs::write(path, text).unwrap();
            return;
        }
        let known = fs::read_to_string(&path).unwrap_or_default();
        for (number, (now, then)) in text.lines().zip(known.lines()).enumerate() {
            assert_eq!(
                now,
                then,
                "line {} of {}: QUINTET_BLESS=1 writes it anew",
                number + 1,
                path.display()
            );
        }
        assert_eq!(text.lines().count(), known.lines().count(), "{} has other rows", path.display());
    }
}
