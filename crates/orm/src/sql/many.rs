//! To-many relations as values: correlated subqueries, so that no join repeats a row.

use quintet_core::Result;

use super::{
    Render,
    aggregate::Asked,
    facts::{field_at, key_of, model_at},
};
use crate::{
    ast::{Aggregate, ManyNode, PathKey},
    relation::{Between, Link, link},
};

impl Render {
    pub(super) fn many(&mut self, many: &ManyNode) -> Result {
        let owner = model_at(self.root()?, many.path)?;
        let owner_alias = self.alias_at(many.path);
        let (child, link) = link(owner, many.field)?;
        self.open(child, |mention| {
            for node in many.argument.iter().chain(&many.filter) {
                node.visit(mention);
            }
        })?;
        self.asked(many)?;
        self.from()?;
        let child_alias = self.alias_at(PathKey::ROOT);
        match link {
            Link::Key { via } => {
                self.push(" WHERE ");
                self.qualifier(child_alias);
                self.name(field_at(child, via)?.column);
            }
            Link::Table(Between { table, owner_column, related_column, .. }) => {
                let between = self.alias();
                self.push(" JOIN ");
                self.name(table);
                self.push(" AS t");
                self.number(between);
                self.push(" ON ");
                self.qualifier(Some(between));
                self.name(related_column);
                self.push(" = ");
                self.qualifier(child_alias);
                self.name(key_of(child)?.1.column);
                self.push(" WHERE ");
                self.qualifier(Some(between));
                self.name(owner_column);
            }
        }
        self.push(" = ");
        self.qualifier(owner_alias);
        self.name(key_of(owner)?.1.column);
        self.conditions(&many.filter, true)?;
        self.push(")");
        self.close();
        Ok(())
    }

    fn asked(&mut self, many: &ManyNode) -> Result {
        if many.aggregate == Aggregate::Exists {
            self.push("EXISTS (SELECT 1");
            return Ok(());
        }
        self.push("(SELECT ");
        if let (Aggregate::Expression, Some(expression)) = (many.aggregate, &many.argument) {
            return self.node(expression);
        }
        // Which rows count is said by the subquery's own conditions.
        let argument = many.argument.as_ref();
        let (more, order, filter) = (&[], &[], &[]);
        self.aggregated(
            &Asked { aggregate: many.aggregate, distinct: false, argument, more, order, filter },
            None,
        )
    }
}
