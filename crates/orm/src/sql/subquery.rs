//! Queries inside expressions, and what they say about the query around them.

use quintet_core::{Error, Result};

use super::{Ask, Render, facts::model_at};
use crate::ast::{OuterNode, Select};

impl Render {
    pub(super) fn scalar(&mut self, query: &Select) -> Result {
        if query.empty {
            self.push("NULL");
            return Ok(());
        }
        self.push("(");
        self.query(query, Ask::Rows)?;
        self.push(")");
        Ok(())
    }

    pub(super) fn exists(&mut self, query: &Select) -> Result {
        if query.empty || query.limit == Some(0) {
            self.push("FALSE");
            return Ok(());
        }
        self.push("EXISTS (");
        self.query(query, Ask::Exists)?;
        self.push(")");
        Ok(())
    }

    /// Writes an expression in the scope of the query around this one.
    pub(super) fn outer(&mut self, outer: &OuterNode) -> Result {
        let inner = self.scopes.pop();
        let written = self.placed(outer);
        self.scopes.extend(inner);
        written
    }

    fn placed(&mut self, outer: &OuterNode) -> Result {
        let name = outer.model.name;
        let Ok(root) = self.root() else {
            return Err(Error::database(format!(
                "outer({name}.…) stands in a query that is in no other: use it inside exists(..), scalar() or in_query(..)"
            )));
        };
        let around = model_at(root, outer.at)?;
        if !std::ptr::eq(around, outer.model) {
            return Err(Error::database(format!(
                "outer({name}.…) stands in a query inside one on {}, not on {name}",
                around.name
            )));
        }
        self.operand(&outer.placed())
    }
}
