//! Columns of SQL of the developer's own, found by their names.

use quintet_core::{Error, Result, meta::ModelMeta, near::did_you_mean};

use super::{Plan, Shape};
use crate::{ast::Node, decode::Scales, dialect::Dialect, model::Model, row::RowAccess, sql};

/// A field of a shape: what SQL of one's own calls it, and its label for errors.
pub enum Named {
    /// The column of its name.
    Column(&'static str, &'static str),
    /// An expression; the column has the field's name.
    Value(&'static str, &'static str),
    /// A nested shape: `director__name`.
    One(&'static str, &'static [Named]),
    /// The same where there may be none, which the key tells.
    Optional(&'static str, &'static str, fn() -> &'static ModelMeta, &'static [Named]),
    /// Rows of their own.
    Many(&'static str),
}

/// The columns that rows of SQL are to have, in the order in which they are read.
pub struct Wanted {
    columns: Vec<Column>,
    pub(crate) scales: Scales,
    /// Who has a field for each column, so that a further one is a mistake.
    shape: &'static str,
}

struct Column {
    name: &'static str,
    /// What it may be called as well: the column's name, where the field has another one.
    other: Option<&'static str>,
    /// Before either: `director__`.
    prefix: String,
    label: &'static str,
}

impl Column {
    fn is_called(&self, name: &str) -> bool {
        let rest = name.strip_prefix(self.prefix.as_str());
        rest.is_some_and(|rest| rest == self.name || Some(rest) == self.other)
    }

    fn shown(&self) -> String {
        format!("{}{}", self.prefix, self.name)
    }
}

/// What a shape of a model wants of SQL of one's own.
pub fn wanted_by<S: Shape>(shape: &'static str, dialect: &Dialect) -> Result<Wanted> {
    wanted(S::Model::meta(), &Plan::<S>::of().columns, S::NAMES, shape, dialect)
}

fn wanted(
    root: &'static ModelMeta,
    nodes: &[Node],
    names: &'static [Named],
    shape: &'static str,
    dialect: &Dialect,
) -> Result<Wanted> {
    let mut columns = Vec::with_capacity(nodes.len());
    collect(root, &mut nodes.iter(), names, "", &mut columns)?;
    Ok(Wanted { columns, scales: sql::scales_of(root, nodes, dialect)?, shape })
}

fn collect<'a>(
    root: &'static ModelMeta,
    nodes: &mut impl Iterator<Item = &'a Node>,
    names: &'static [Named],
    prefix: &str,
    columns: &mut Vec<Column>,
) -> Result {
    let column = |name, other, label| Column { name, other, prefix: prefix.to_owned(), label };
    for named in names {
        match *named {
            Named::Column(name, label) => {
                let field = nodes.next().map(|node| sql::column_of(root, node)).transpose()?.flatten();
                columns.push(column(name, field.map(|field| field.column), label));
            }
            Named::Value(name, label) => {
                nodes.next();
                columns.push(column(name, None, label));
            }
            Named::One(name, inner) => {
                collect(root, &mut *nodes, inner, &format!("{prefix}{name}__"), columns)?;
            }
            Named::Optional(name, label, model, inner) => {
                nodes.next();
                let model = model();
                let key = model.primary_key.first().and_then(|index| model.field_at(*index));
                let key = key.ok_or_else(|| Error::internal(format!("{} has no key", model.name)))?;
                let prefix = format!("{prefix}{name}__");
                columns.push(Column {
                    name: key.name,
                    other: Some(key.column),
                    prefix: prefix.clone(),
                    label,
                });
                collect(root, &mut *nodes, inner, &prefix, columns)?;
            }
            Named::Many(label) => {
                return Err(Error::bad_request(format!(
                    "{label} is a list of rows of their own, for which SQL has no column: read into a shape without it"
                )));
            }
        }
    }
    Ok(())
}

/// What a struct of no model wants: its fields by their names, with their labels.
#[must_use]
pub fn wanted_fields(shape: &'static str, fields: &[(&'static str, &'static str)]) -> Wanted {
    let column = |(name, label): &(&'static str, &'static str)| Column {
        name,
        other: None,
        prefix: String::new(),
        label,
    };
    Wanted { columns: fields.iter().map(column).collect(), scales: Scales::default(), shape }
}

impl Wanted {
    /// Where its columns are in the rows of a statement.
    ///
    /// # Errors
    /// If one is missing or there twice, or there is a further one.
    pub(crate) fn find(&self, row: &dyn RowAccess) -> Result<Vec<usize>> {
        let names: Vec<&str> = (0..row.len()).map(|at| row.name(at).unwrap_or_default()).collect();
        let found =
            self.columns.iter().map(|column| self.find_one(column, &names)).collect::<Result<Vec<_>>>()?;
        let further = names.iter().enumerate().find(|(at, _)| !found.contains(at));
        match further {
            None => Ok(found),
            Some((_, name)) => Err(Error::database(format!(
                "the SQL gives a column `{name}`, for which {} has no field: don't select it, or add the field",
                self.shape
            ))),
        }
    }

    fn find_one(&self, column: &Column, names: &[&str]) -> Result<usize> {
        let mut found = names.iter().enumerate().filter(|(_, name)| column.is_called(name));
        let (name, label) = (column.shown(), column.label);
        match (found.next(), found.next()) {
            (Some((at, _)), None) => Ok(at),
            (Some((_, one)), Some((_, other))) => Err(Error::database(format!(
                "the SQL gives `{one}` and `{other}`, and {label} needs one of them: select one, or give the other a name of \
                 its own (AS …)"
            ))),
            (None, _) => {
                let free =
                    names.iter().filter(|name| !self.columns.iter().any(|column| column.is_called(name)));
                Err(Error::database(format!(
                    "the SQL gives no column `{name}`, which {label} needs: select it, or what is to be read there AS {name}{}",
                    did_you_mean(&name, free.copied())
                )))
            }
        }
    }
}
