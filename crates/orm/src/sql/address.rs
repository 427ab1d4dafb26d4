//! IP addresses (and UUIDs) in order, on databases that keep them as text: 9.0.0.1 comes before 10.0.0.1, and IPv4 before IPv6.
//!
//! Equality needs none of it: an address has one text.

use quintet_core::{Result, Value, meta::ModelMeta, value::Kind};

use super::{
    Render,
    facts::{field_at, model_at},
};
use crate::ast::{Aggregate, Node};

/// What stands before and behind an aggregate's answer, and each of its values.
pub(super) struct Dress {
    pub(super) answer: (&'static str, &'static str),
    pub(super) each: (&'static str, &'static str),
}

/// Is it of this kind, as far as its parts tell?
fn is_of(kind: Kind, root: &'static ModelMeta, node: &Node) -> Result<bool> {
    Ok(match node {
        Node::Column(path, index) => field_at(model_at(root, *path)?, *index)?.kind == kind,
        Node::Value(Value::Ip(_)) => kind == Kind::Ip,
        Node::Outer(outer) => is_of(kind, outer.model, &outer.node)?,
        _ => false,
    })
}

impl Render {
    /// Does the database keep it as a text that is in another order?
    pub(super) fn sorts_otherwise(&self, node: &Node) -> Result<bool> {
        Ok(!self.dialect.native_types && is_of(Kind::Ip, self.root()?, node)?)
    }

    /// Writes an expression so that comparing sorts it.
    pub(super) fn sortable(&mut self, node: &Node) -> Result {
        if !self.sorts_otherwise(node)? {
            return self.operand(node);
        }
        self.push("quintet_ip_key(");
        self.node(node)?;
        self.push(")");
        Ok(())
    }

    /// Writes what rows are ordered by.
    pub(super) fn sorted(&mut self, node: &Node) -> Result {
        if self.sorts_otherwise(node)? { self.sortable(node) } else { self.node(node) }
    }

    /// What stands around the least or greatest of these, and around each, where the database can't tell it otherwise:
    /// addresses that are kept as text; UUIDs, whose least PostgreSQL tells only from version 18 on.
    pub(super) fn dress(&self, aggregate: Aggregate, argument: Option<&Node>) -> Result<Option<Dress>> {
        let (Aggregate::Min | Aggregate::Max, Some(argument)) = (aggregate, argument) else {
            return Ok(None);
        };
        let root = self.root()?;
        Ok(if self.dialect.native_types {
            is_of(Kind::Uuid, root, argument)?
                .then_some(Dress { answer: ("CAST(", " AS UUID)"), each: ("CAST(", " AS TEXT)") })
        } else {
            is_of(Kind::Ip, root, argument)?
                .then_some(Dress { answer: ("quintet_ip_text(", ")"), each: ("quintet_ip_key(", ")") })
        })
    }
}
