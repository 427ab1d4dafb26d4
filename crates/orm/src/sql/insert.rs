//! New rows.

use quintet_core::{Error, Result, meta::ModelMeta};

use super::{Render, facts::field_at, scope::Scope};
use crate::ast::Node;

/// What happens where a row with the same unique fields exists.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Conflict<'a> {
    /// The database's error.
    Refuse,
    /// Nothing is inserted, and no row answers.
    Keep {
        /// The unique fields.
        by: &'a [u16],
    },
    /// The existing row gets these fields of the new one.
    Update {
        /// The unique fields.
        by: &'a [u16],
        /// What is overwritten.
        fields: &'a [u16],
    },
}

impl Render {
    /// Writes an insert of rows that give the same fields.
    pub(crate) fn insert(
        &mut self,
        model: &'static ModelMeta,
        fields: &[u16],
        rows: &[impl AsRef<[Node]>],
        conflict: Conflict<'_>,
        returning: Returning,
    ) -> Result {
        self.scopes.push(Scope::bare(model));
        self.push("INSERT INTO ");
        self.table(model, None)?;
        if fields.is_empty() {
            self.push(" DEFAULT VALUES");
        } else {
            self.push(" (");
            self.columns(model, fields)?;
            self.push(") VALUES ");
            self.list(rows, ", ", |render, row| {
                render.push("(");
                render.list(fields.iter().zip(row.as_ref()), ", ", |render, (field, node)| {
                    render.new_value(model, *field, node)
                })?;
                render.push(")");
                Ok(())
            })?;
        }
        self.on_conflict(model, conflict)?;
        self.answering(model, returning)?;
        self.close();
        Ok(())
    }

    /// Writes the COPY that takes rows of these fields.
    pub(crate) fn copy(&mut self, model: &'static ModelMeta, fields: &[u16]) -> Result {
        self.push("COPY ");
        self.table(model, None)?;
        self.push(" (");
        self.columns(model, fields)?;
        self.push(") FROM STDIN (FORMAT binary)");
        Ok(())
    }

    fn new_value(&mut self, model: &'static ModelMeta, index: u16, node: &Node) -> Result {
        let field = field_at(model, index)?;
        let mut reads = false;
        node.visit(&mut |node| {
            reads |= !matches!(node, Node::Value(_) | Node::Function(..) | Node::Calculate(..))
        });
        if reads {
            return Err(Error::internal(format!(
                "a new {} has no row yet whose columns `{}` could be computed from",
                model.name, field.name
            )));
        }
        self.stored(field, node)
    }

    fn columns(&mut self, model: &'static ModelMeta, fields: &[u16]) -> Result {
        self.list(fields, ", ", |render, index| {
            render.name(field_at(model, *index)?.column);
            Ok(())
        })
    }

    fn on_conflict(&mut self, model: &'static ModelMeta, conflict: Conflict<'_>) -> Result {
        let (by, updated) = match conflict {
            Conflict::Refuse => return Ok(()),
            Conflict::Keep { by } => (by, None),
            Conflict::Update { by, fields } => (by, Some(fields)),
        };
        self.push(" ON CONFLICT (");
        self.columns(model, by)?;
        self.push(") DO ");
        let Some(updated) = updated else {
            self.push("NOTHING");
            return Ok(());
        };
        self.push("UPDATE SET ");
        self.list(updated, ", ", |render, index| {
            let column = field_at(model, *index)?.column;
            render.name(column);
            render.push(" = excluded.");
            render.name(column);
            Ok(())
        })?;
        if let Some((index, _)) = model.version().filter(|(index, _)| !updated.contains(index)) {
            self.push(", ");
            self.next_version(model, index)?;
        }
        Ok(())
    }

    /// Adds `version = table.version + 1`.
    pub(super) fn next_version(&mut self, model: &'static ModelMeta, index: u16) -> Result {
        let column = field_at(model, index)?.column;
        self.name(column);
        self.push(" = ");
        self.table(model, None)?;
        self.push(".");
        self.name(column);
        self.push(" + 1");
        Ok(())
    }

    /// Adds ` RETURNING` with what is asked for.
    pub(super) fn answering(&mut self, model: &'static ModelMeta, returning: Returning) -> Result {
        match returning {
            Returning::Nothing => Ok(()),
            Returning::Rows => self.returning(model),
            Returning::Keys => {
                self.push(" RETURNING ");
                self.columns(model, model.primary_key)
            }
        }
    }

    /// Adds ` RETURNING` with all columns.
    pub(super) fn returning(&mut self, model: &'static ModelMeta) -> Result {
        if !self.dialect.returning {
            return Err(Error::database(format!("{} can't answer a write with rows", self.dialect.name)));
        }
        self.push(" RETURNING ");
        self.list(model.columns(), ", ", |render, (_, field)| {
            render.name(field.column);
            Ok(())
        })
    }

    /// Writes rows of a many-to-many's table, leaving those that exist. Answers with the far sides of new ones if asked.
    pub(crate) fn insert_links(
        &mut self,
        table: &str,
        (near, far): (&str, &str),
        pairs: &[(&quintet_core::Value, &quintet_core::Value)],
        answer: bool,
    ) {
        self.push("INSERT INTO ");
        self.name(table);
        self.push(" (");
        self.name(near);
        self.push(", ");
        self.name(far);
        self.push(") VALUES ");
        for (i, (owner, other)) in pairs.iter().enumerate() {
            self.push(if i > 0 { ", (" } else { "(" });
            self.value((*owner).clone());
            self.push(", ");
            self.value((*other).clone());
            self.push(")");
        }
        self.push(" ON CONFLICT DO NOTHING");
        if answer {
            self.push(" RETURNING ");
            self.name(near);
            self.push(", ");
            self.name(far);
        }
    }

    /// Writes the removal of rows of a many-to-many's table: those with one of `others` on the far side, those without
    /// any of them, or all.
    pub(crate) fn delete_links(
        &mut self,
        table: &str,
        (near, far): (&str, &str),
        owner: &quintet_core::Value,
        others: Links<'_>,
        answer: bool,
    ) -> Result {
        self.links_gone(table, (near, far), owner, others)?;
        if answer {
            self.push(" RETURNING ");
            self.name(near);
            self.push(", ");
            self.name(far);
        }
        Ok(())
    }

    fn links_gone(
        &mut self,
        table: &str,
        (near, far): (&str, &str),
        owner: &quintet_core::Value,
        others: Links<'_>,
    ) -> Result {
        self.push("DELETE FROM ");
        self.name(table);
        self.push(" WHERE ");
        self.name(near);
        self.push(" = ");
        self.value(owner.clone());
        let (not, values) = match others {
            Links::All => return Ok(()),
            Links::Of(values) => (false, values),
            Links::Except([]) => return Ok(()),
            Links::Except(values) => (true, values),
        };
        self.push(if not { " AND NOT (" } else { " AND " });
        self.name(far);
        self.one_of(values)?;
        if not {
            self.push(")");
        }
        Ok(())
    }
}

/// What a write answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Returning {
    /// Nothing but the number of rows.
    Nothing,
    /// The columns of the key.
    Keys,
    /// All columns.
    Rows,
}

/// Which links of an owner.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Links<'a> {
    /// All.
    All,
    /// Those to these objects.
    Of(&'a [quintet_core::Value]),
    /// Those to others than these objects.
    Except(&'a [quintet_core::Value]),
}
