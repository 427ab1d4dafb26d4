//! JSON documents. `->` is the same on SQLite (3.38 and newer) and PostgreSQL: a text names a member, a number an item.

use quintet_core::{Result, Value};

use super::Render;
use crate::ast::{JsonAs, JsonStep, Node};

impl Render {
    pub(super) fn json_at(&mut self, inner: &Node, step: &JsonStep) -> Result {
        self.push("(");
        self.operand(inner)?;
        self.push(" -> ");
        match step {
            JsonStep::Index(index) if *index < 0 && self.registered() => {
                // From the end.
                self.push("'$[#");
                self.number(index);
                self.push("]'");
            }
            JsonStep::Index(index) => self.number(index),
            JsonStep::Key(key) if self.registered() => {
                // As a path, so that no key means anything else.
                self.value(Value::Text(format!("$.{}", quoted_key(key))));
            }
            JsonStep::Key(key) => {
                self.push("CAST(");
                self.value(Value::Text(key.clone()));
                self.push(" AS TEXT)");
            }
        }
        self.push(")");
        Ok(())
    }

    /// The document where it has the type, else NULL.
    pub(super) fn json_as(&mut self, what: JsonAs, inner: &Node) -> Result {
        let registered = self.registered();
        self.push(if registered { "CASE WHEN JSON_TYPE(" } else { "CASE WHEN JSONB_TYPEOF(" });
        self.node(inner)?;
        self.push(match (what, registered) {
            (JsonAs::Text, true) => ") = 'text' THEN ",
            (JsonAs::Int | JsonAs::Float, true) => ") IN ('integer', 'real') THEN ",
            (JsonAs::Bool, true) => ") IN ('true', 'false') THEN ",
            (JsonAs::Text, false) => ") = 'string' THEN ",
            (JsonAs::Int | JsonAs::Float, false) => ") = 'number' THEN ",
            (JsonAs::Bool, false) => ") = 'boolean' THEN ",
        });
        // A number with a fraction is cut; a text with a point can't be cast to a whole number as it is.
        let (before, after) = match (what, registered) {
            (JsonAs::Text, _) | (JsonAs::Bool, true) => ("", ""),
            (JsonAs::Bool, false) => ("CAST(", " AS BOOLEAN)"),
            (JsonAs::Int, true) => ("CAST(", " AS INTEGER)"),
            (JsonAs::Int, false) => ("CAST(TRUNC(CAST(", " AS NUMERIC)) AS BIGINT)"),
            (JsonAs::Float, _) => ("CAST(", " AS DOUBLE PRECISION)"),
        };
        self.push(before);
        self.push("(");
        self.operand(inner)?;
        self.push(if registered { " ->> '$')" } else { " #>> '{}')" });
        self.push(after);
        self.push(" END");
        Ok(())
    }

    pub(super) fn json_contains(&mut self, whole: &Node, part: &Node) -> Result {
        if self.registered() {
            self.push("quintet_json_contains(");
            self.node(whole)?;
            self.push(", ");
            self.node(part)?;
            self.push(")");
            return Ok(());
        }
        self.json_operand(whole)?;
        self.push(" @> ");
        self.json_operand(part)
    }

    fn json_operand(&mut self, node: &Node) -> Result {
        match node {
            Node::Value(_) => self.typed(node, quintet_core::value::Kind::Json),
            node => self.operand(node),
        }
    }
}

/// A key in quotes, as a path of SQLite reads it.
fn quoted_key(key: &str) -> String {
    quintet_core::value::JsonValue::from(key).to_string()
}
