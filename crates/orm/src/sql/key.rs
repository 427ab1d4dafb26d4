//! Keys of one column or of several, in conditions.

use quintet_core::{
    Error, Result, Value,
    meta::{FieldMeta, ModelMeta},
};

use super::{
    Render,
    facts::{field_at, model_at},
};
use crate::ast::{Node, PathKey};

impl Render {
    /// Adds several values as one: `("a", "b")`.
    pub(super) fn row(&mut self, parts: &[Node]) -> Result {
        self.push("(");
        self.list(parts, ", ", Self::node)?;
        self.push(")");
        Ok(())
    }

    /// Adds ` IN (…)` after a row, with these rows: as a table of values, which every database joins, where a list of rows
    /// would be a chain of conditions.
    pub(super) fn rows_among(&mut self, parts: &[Node], rows: &[Value]) -> Result {
        self.push(" IN (VALUES ");
        self.list(rows.iter().enumerate(), ", ", |render, (number, row)| {
            let Value::List(values) = row else { return Err(not_as_wide(parts.len())) };
            if values.len() != parts.len() {
                return Err(not_as_wide(parts.len()));
            }
            render.push("(");
            render.list(parts.iter().zip(values), ", ", |render, (part, value)| {
                let node = Node::Value(value.clone());
                let Node::Column(path, index) = part else { return render.node(&node) };
                render.value_of_row(number, field_at(model_at(render.root()?, *path)?, *index)?, &node)
            })?;
            render.push(")");
            Ok(())
        })?;
        self.push(")");
        Ok(())
    }

    /// Adds a value of a table of values.
    pub(super) fn value_of_row(&mut self, row: usize, field: &FieldMeta, node: &Node) -> Result {
        // The first row's types are those of all.
        if row == 0 && self.dialect.typed_values {
            self.typed(node, field.kind)
        } else {
            self.stored(field, node)
        }
    }

    /// Adds the model's key, of the table with this alias.
    pub(super) fn key(&mut self, model: &'static ModelMeta, alias: Option<usize>) -> Result {
        let parts = model.primary_key;
        self.push(if parts.len() == 1 { "" } else { "(" });
        self.list(parts, ", ", |render, part| {
            render.qualifier(alias);
            render.name(field_at(model, *part)?.column);
            Ok(())
        })?;
        self.push(if parts.len() == 1 { "" } else { ")" });
        Ok(())
    }

    /// Adds that rows of two aliases of a model's table are the same.
    pub(super) fn same_key(
        &mut self,
        model: &'static ModelMeta,
        one: Option<usize>,
        other: Option<usize>,
    ) -> Result {
        self.list(model.primary_key, " AND ", |render, part| {
            let column = field_at(model, *part)?.column;
            render.qualifier(one);
            render.name(column);
            render.push(" = ");
            render.qualifier(other);
            render.name(column);
            Ok(())
        })
    }

    /// Adds that the key is one of these.
    pub(super) fn key_among(&mut self, model: &'static ModelMeta, keys: &[Value]) -> Result {
        match model.primary_key {
            _ if keys.is_empty() => {
                self.push("FALSE");
                Ok(())
            }
            [one] => {
                self.name(field_at(model, *one)?.column);
                self.one_of(keys)
            }
            several => {
                let parts: Vec<Node> =
                    several.iter().map(|part| Node::Column(PathKey::ROOT, *part)).collect();
                self.row(&parts)?;
                self.rows_among(&parts, keys)
            }
        }
    }
}

#[cold]
fn not_as_wide(width: usize) -> Error {
    Error::internal(format!("a key of {width} columns is compared with a key of another number of columns"))
}
