//! To-many relations as values: correlated subqueries, so that no join repeats a row.

use quintet_core::{Error, Result};

use super::{
    Render,
    facts::{field_at, key_of, model_at},
};
use crate::{
    ast::{Aggregate, ManyNode, Node, PathKey},
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
        self.aggregate(many.aggregate, many.argument.as_ref())?;
        self.from()?;
        let child_alias = self.alias_at(PathKey::ROOT);
        match link {
            Link::Key { via } => {
                self.push(" WHERE ");
                self.qualifier(child_alias);
                self.name(field_at(child, via)?.column);
            }
            Link::Table(Between { model, field, owner_column, related_column }) => {
                let between = self.alias();
                self.push(" JOIN ");
                self.name(model.through_table(field)?);
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

    fn aggregate(&mut self, aggregate: Aggregate, argument: Option<&Node>) -> Result {
        let function = match aggregate {
            Aggregate::Exists => {
                self.push("EXISTS (SELECT 1");
                return Ok(());
            }
            Aggregate::Count => {
                self.push("(SELECT COUNT(*)");
                return Ok(());
            }
            Aggregate::Sum => "SUM",
            Aggregate::Average => "AVG",
            Aggregate::Min => "MIN",
            Aggregate::Max => "MAX",
        };
        let argument = argument.ok_or_else(|| Error::internal(format!("{function} of nothing")))?;
        self.push("(SELECT ");
        self.push(function);
        self.push("(");
        self.node(argument)?;
        self.push(")");
        if aggregate == Aggregate::Average {
            self.unscale(argument)?;
        }
        Ok(())
    }
}
