//! Changes and deletions.

use quintet_core::{Error, Result, Value, meta::ModelMeta};

use super::{Ask, Render, Returning, facts::field_at, scope::Scope, window::no_window};
use crate::{
    ast::{Node, PathKey, Select},
    key::key_columns,
};

impl Render {
    /// Writes an update of the rows of a query.
    pub(crate) fn update(&mut self, query: &Select, sets: &[(u16, &Node)], returning: Returning) -> Result {
        let model = query.root;
        for (_, node) in sets {
            no_window(std::slice::from_ref(*node), "a value that is set")?;
        }
        let alias = self.open_write(query, sets.iter().map(|(_, node)| *node))?;
        self.push("UPDATE ");
        self.table(model, alias)?;
        self.push(" SET ");
        self.list(sets, ", ", |render, (index, node)| {
            let field = field_at(model, *index)?;
            render.name(field.column);
            render.push(" = ");
            if joins(node) { render.set_from_join(model, *index, node) } else { render.stored(field, node) }
        })?;
        self.chosen(query)?;
        self.answering(model, returning)?;
        self.close();
        Ok(())
    }

    /// Writes a deletion of the rows of a query.
    pub(crate) fn delete(&mut self, query: &Select, returning: Returning) -> Result {
        let alias = self.open_write(query, std::iter::empty())?;
        self.push("DELETE FROM ");
        self.table(query.root, alias)?;
        self.chosen(query)?;
        self.answering(query.root, returning)?;
        self.close();
        Ok(())
    }

    /// The written table needs an alias only where a subquery refers to it.
    fn open_write<'a>(
        &mut self,
        query: &'a Select,
        sets: impl Iterator<Item = &'a Node>,
    ) -> Result<Option<usize>> {
        self.said_database(query)?;
        let leaves = query.filter.iter().chain(sets).any(Node::leaves_table);
        let alias = leaves.then(|| self.alias());
        self.scopes.push(Scope::table(query.root, alias));
        Ok(alias)
    }

    /// Adds the conditions, or the keys of the rows where conditions need joins or a part of the rows is meant.
    fn chosen(&mut self, query: &Select) -> Result {
        if !query.is_cut() && query.owners.is_none() && !query.filter.iter().any(joins) {
            return self.conditions(&query.filter, false);
        }
        let mut keys = query.clone();
        keys.columns = key_columns(query.root);
        // The same key twice changes nothing, and some databases order distinct rows by selected columns only.
        keys.distinct = false;
        self.push(" WHERE ");
        self.key(query.root, self.alias_at(PathKey::ROOT))?;
        self.push(" IN (");
        self.query(&keys, Ask::Rows)?;
        self.push(")");
        Ok(())
    }

    /// `(SELECT value FROM the same row, joined)`.
    fn set_from_join(&mut self, model: &'static ModelMeta, index: u16, node: &Node) -> Result {
        let outer = self.alias_at(PathKey::ROOT);
        self.open(model, |mention| node.visit(mention))?;
        self.push("(SELECT ");
        self.stored(field_at(model, index)?, node)?;
        self.from()?;
        self.push(" WHERE ");
        self.same_key(model, self.alias_at(PathKey::ROOT), outer)?;
        self.push(")");
        self.close();
        Ok(())
    }

    /// Writes an update of several rows, each with its own values: those of the key first, then one a field.
    pub(crate) fn update_each(
        &mut self,
        model: &'static ModelMeta,
        fields: &[u16],
        rows: &[Vec<Value>],
        returning: Returning,
    ) -> Result {
        let key = model.primary_key;
        self.scopes.push(Scope::bare(model));
        self.push("UPDATE ");
        self.table(model, None)?;
        self.push(" SET ");
        self.list(fields.iter().zip(key.len() + 1..), ", ", |render, (index, column)| {
            render.name(field_at(model, *index)?.column);
            render.push(" = v.column");
            render.number(column);
            Ok(())
        })?;
        if let Some((index, _)) = model.version().filter(|(index, _)| !fields.contains(index)) {
            self.push(", ");
            self.next_version(model, index)?;
        }
        self.push(" FROM (VALUES ");
        self.list(rows.iter().enumerate(), ", ", |render, (number, row)| {
            render.push("(");
            render.list(key.iter().chain(fields).zip(row), ", ", |render, (index, value)| {
                render.value_of_row(number, field_at(model, *index)?, &Node::Value(value.clone()))
            })?;
            render.push(")");
            Ok(())
        })?;
        self.push(") AS v WHERE ");
        self.list(key.iter().zip(1..), " AND ", |render, (part, column)| {
            render.table(model, None)?;
            render.push(".");
            render.name(field_at(model, *part)?.column);
            render.push(" = v.column");
            render.number(column);
            Ok(())
        })?;
        self.answering_of(model, returning)?;
        self.close();
        Ok(())
    }

    /// Writes an update that points the foreign key `via` of `objects` to `owner`, and, if `only` is set, that of all
    /// other rows that point there to nothing.
    pub(crate) fn adopt(
        &mut self,
        model: &'static ModelMeta,
        via: u16,
        owner: &Value,
        objects: &[Value],
        only: bool,
        returning: Returning,
    ) -> Result {
        let field = field_at(model, via)?;
        if only && !field.null {
            return Err(Error::internal(format!("{}.{} can't be empty", model.name, field.name)));
        }
        self.scopes.push(Scope::bare(model));
        self.push("UPDATE ");
        self.table(model, None)?;
        self.push(" SET ");
        self.name(field.column);
        self.push(" = ");
        if only {
            self.push("CASE WHEN ");
            self.key_among(model, objects)?;
            self.push(" THEN ");
            self.typed(&Node::Value(owner.clone()), field.kind)?;
            self.push(" END");
            self.bump(model)?;
            self.push(" WHERE ");
            self.name(field.column);
            self.push(" = ");
            self.value(owner.clone());
            self.push(" OR ");
        } else {
            self.value(owner.clone());
            self.bump(model)?;
            self.push(" WHERE ");
        }
        self.key_among(model, objects)?;
        self.answering(model, returning)?;
        self.close();
        Ok(())
    }

    /// Adds the next version, if the model has one.
    fn bump(&mut self, model: &'static ModelMeta) -> Result {
        match model.version() {
            Some((index, _)) => {
                self.push(", ");
                self.next_version(model, index)
            }
            None => Ok(()),
        }
    }

    /// [`answering`](Self::answering) with keys, where another table has columns too.
    fn answering_of(&mut self, model: &'static ModelMeta, returning: Returning) -> Result {
        if returning == Returning::Nothing {
            return Ok(());
        }
        self.push(" RETURNING ");
        self.list(model.primary_key, ", ", |render, index| {
            render.table(model, None)?;
            render.push(".");
            render.name(field_at(model, *index)?.column);
            Ok(())
        })
    }
}

/// Does the expression read a column over a foreign key?
fn joins(node: &Node) -> bool {
    let mut joins = false;
    node.visit(&mut |node| joins |= node.path().is_some_and(|path| !path.is_root()));
    joins
}
