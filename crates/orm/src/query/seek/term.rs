//! A part of an order that a cursor can hold, and the condition that a row comes after one.

use quintet_core::{Error, Result, Value, meta::ModelMeta, value::Kind};

use crate::{
    ast::{Aggregate, Arithmetic, Comparison, DateFunction, Function, JsonAs, Node, Nulls, OrderBy},
    relation::link,
    sql,
};

/// A part of an order.
#[derive(Clone, Debug)]
pub(super) struct Term {
    pub(super) node: Node,
    pub(super) kind: Kind,
    /// What it is called in the order: `-director__name`.
    pub(super) name: String,
    descending: bool,
    /// Where NULLs are, if there can be any.
    nulls: Option<Nulls>,
}

impl Term {
    /// # Errors
    /// If no cursor can hold its values.
    pub(super) fn of(root: &'static ModelMeta, by: &OrderBy) -> Result<Term> {
        let name = named(root, &by.node)?;
        let kind = match kind_of(root, &by.node)? {
            Some(Kind::Json) | None => {
                return Err(Error::internal(format!(
                    "rows that are ordered by `{name}` can't go on from one of them, as its type is not known: order them by \
                     columns and functions of them, or use .page(..)"
                )));
            }
            Some(kind) => kind,
        };
        // `NULLs are least`, as everywhere.
        let nulls = sql::can_be_null(root, &by.node).then_some(match (by.nulls, by.descending) {
            (Nulls::Default, false) => Nulls::First,
            (Nulls::Default, true) => Nulls::Last,
            (said, _) => said,
        });
        Ok(Term { node: by.node.clone(), kind, name, descending: by.descending, nulls })
    }

    /// The other way round.
    pub(super) fn turn(&mut self) {
        self.descending = !self.descending;
        self.nulls = self.nulls.map(|nulls| match nulls {
            Nulls::Last => Nulls::First,
            _ => Nulls::Last,
        });
    }

    /// As a query has it.
    pub(super) fn by(&self) -> OrderBy {
        let usual = if self.descending { Nulls::Last } else { Nulls::First };
        let nulls = self.nulls.filter(|nulls| *nulls != usual).unwrap_or(Nulls::Default);
        OrderBy { node: self.node.clone(), descending: self.descending, nulls }
    }

    /// What tells it from other orders.
    pub(super) fn mark(&self) -> String {
        let nulls = match self.nulls {
            Some(Nulls::Last) => ">",
            Some(_) => "<",
            None => "",
        };
        format!("{}{}{nulls}", if self.descending { "-" } else { "" }, self.name)
    }

    fn is(&self, op: Comparison, value: &Value) -> Node {
        Node::compare(op, self.node.clone(), Node::Value(value.clone()))
    }

    fn missing(&self) -> Node {
        Node::IsNull(Box::new(self.node.clone()))
    }

    /// It is the same.
    fn same(&self, value: &Value) -> Node {
        if value.is_null() { self.missing() } else { self.is(Comparison::Eq, value) }
    }

    /// It comes later, or with `or_same` is the same. `None`: nothing does.
    fn later(&self, value: &Value, or_same: bool) -> Option<Node> {
        if value.is_null() {
            return match (self.nulls, or_same) {
                (Some(Nulls::Last), false) => None,
                (Some(Nulls::Last), true) => Some(self.missing()),
                (_, false) => Some(Node::Not(Box::new(self.missing()))),
                (_, true) => Some(Node::And(Vec::new())),
            };
        }
        let op = match (self.descending, or_same) {
            (false, false) => Comparison::Gt,
            (false, true) => Comparison::Ge,
            (true, false) => Comparison::Lt,
            (true, true) => Comparison::Le,
        };
        let beyond = self.is(op, value);
        Some(if self.nulls == Some(Nulls::Last) { beyond.or(self.missing()) } else { beyond })
    }
}

/// The conditions that a row comes after the one with these values.
pub(super) fn beyond(terms: &[Term], values: Vec<Value>) -> Vec<Node> {
    let mut after: Option<Node> = None;
    for (term, value) in terms.iter().zip(&values).rev() {
        let later = term.later(value, false);
        after = match (later, after) {
            (None, None) => None,
            (Some(later), None) => Some(later),
            (None, Some(rest)) => Some(term.same(value).and(rest)),
            (Some(later), Some(rest)) => Some(later.or(term.same(value).and(rest))),
        };
    }
    let mut all = Vec::new();
    // Said once more for the first part alone, which an index can begin from.
    if let ([first, _, ..], [value, ..]) = (terms, values.as_slice())
        && let Some(bound) = first.later(value, true)
        && bound != Node::And(Vec::new())
    {
        all.push(bound);
    }
    // No row comes after all of its parts' last values.
    all.push(after.unwrap_or_else(|| Node::Or(Vec::new())));
    all
}

/// What an expression is called.
///
/// # Errors
/// If there is a secret column in it.
fn named(root: &'static ModelMeta, node: &Node) -> Result<String> {
    let Node::Column(path, index) = node else {
        let mut secret = None;
        node.parts(&mut |part| {
            if secret.is_none() {
                secret = named(root, part).err();
            }
        });
        return secret.map_or_else(|| Ok(format!("{node:?}")), Err);
    };
    let (mut model, mut names) = (Some(root), Vec::new());
    for step in path.steps().iter().chain([index]) {
        let field = model.and_then(|model| model.field_at(*step));
        if let Some(field) = field {
            if field.secret {
                return Err(Error::internal(format!(
                    "rows can't be ordered by the secret field `{}` and go on from one of them: its value would stand in the \
                     address",
                    field.name
                )));
            }
            names.push(field.name);
        }
        model = field.and_then(|field| field.relation.target());
    }
    Ok(names.join("__"))
}

/// Of which kind an expression is, as far as its parts tell.
fn kind_of(root: &'static ModelMeta, node: &Node) -> Result<Option<Kind>> {
    let first = |all: &[Node]| all.first().map_or(Ok(None), |node| kind_of(root, node));
    Ok(match node {
        Node::Column(path, index) => sql::model_at(root, *path)?.field_at(*index).map(|field| field.kind),
        Node::Compare(..) | Node::Not(_) | Node::IsNull(_) | Node::And(_) | Node::Or(_) | Node::In(..) => {
            Some(Kind::Bool)
        }
        Node::Exists(_) | Node::Text(..) => Some(Kind::Bool),
        Node::Cast(_, kind, _) => Some(*kind),
        Node::Date(DateFunction::Part(_), ..) => Some(Kind::Int),
        Node::Date(DateFunction::Day, ..) => Some(Kind::Date),
        Node::Date(DateFunction::Time, ..) => Some(Kind::Time),
        Node::Date(DateFunction::Start(_), kind, _) => Some(*kind),
        Node::JsonAs(JsonAs::Text, _) => Some(Kind::Text),
        Node::JsonAs(JsonAs::Int, _) => Some(Kind::BigInt),
        Node::JsonAs(JsonAs::Float, _) => Some(Kind::Float),
        Node::JsonAs(JsonAs::Bool, _) => Some(Kind::Bool),
        Node::Calculate(op, a, b) => match (kind_of(root, a)?, kind_of(root, b)?, op) {
            (Some(Kind::Decimal), Some(_), _) | (Some(_), Some(Kind::Decimal), _) => Some(Kind::Decimal),
            (Some(a), Some(b), op) if a.is_integer() && b.is_integer() && *op != Arithmetic::Div => {
                Some(Kind::BigInt)
            }
            (Some(Kind::Float | Kind::Real), Some(_), _) | (Some(_), Some(Kind::Float | Kind::Real), _) => {
                Some(Kind::Float)
            }
            _ => None,
        },
        Node::Value(value) => match value {
            Value::Int(_) => Some(Kind::BigInt),
            Value::Float(_) => Some(Kind::Float),
            Value::Decimal(_) => Some(Kind::Decimal),
            Value::Text(_) => Some(Kind::Text),
            _ => None,
        },
        Node::Function(function, all) => match function {
            Function::Lower
            | Function::Upper
            | Function::Trim
            | Function::TrimStart
            | Function::TrimEnd
            | Function::Replace
            | Function::Substr
            | Function::Left
            | Function::Right
            | Function::Reverse
            | Function::Repeat
            | Function::PadStart
            | Function::PadEnd
            | Function::Concat => Some(Kind::Text),
            Function::Length | Function::Position => Some(Kind::Int),
            Function::Float | Function::Power | Function::Math(_) => Some(Kind::Float),
            Function::Coalesce
            | Function::NullIf
            | Function::Greatest
            | Function::Least
            | Function::Abs
            | Function::Negate => first(all)?,
            _ => None,
        },
        Node::Many(many) => match (many.aggregate, &many.argument) {
            (Aggregate::Count, _) => Some(Kind::BigInt),
            (Aggregate::Exists, _) => Some(Kind::Bool),
            (Aggregate::Average, _) => Some(Kind::Float),
            (Aggregate::Min | Aggregate::Max, Some(argument)) => {
                let target = link(sql::model_at(root, many.path)?, many.field)?.0;
                named(target, argument)?;
                kind_of(target, argument)?
            }
            _ => None,
        },
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ast::PathKey;

    fn term(index: u16, descending: bool, nulls: Option<Nulls>) -> Term {
        let node = Node::Column(PathKey::ROOT, index);
        Term { node, kind: Kind::Int, name: format!("f{index}"), descending, nulls }
    }

    #[test]
    fn an_order_turned_twice_is_itself() {
        for (descending, nulls, turned) in [
            (false, None, Nulls::Default),
            (false, Some(Nulls::First), Nulls::Default),
            (false, Some(Nulls::Last), Nulls::First),
            (true, Some(Nulls::Last), Nulls::Default),
            (true, Some(Nulls::First), Nulls::Last),
        ] {
            let (mut one, other) = (term(1, descending, nulls), term(1, descending, nulls));
            one.turn();
            assert_eq!((one.by().descending, one.by().nulls), (!descending, turned));
            one.turn();
            assert_eq!(one.by(), other.by());
            assert_eq!(one.mark(), other.mark());
        }
    }

    #[test]
    fn nothing_comes_after_the_last_nulls() {
        let last = [term(1, false, Some(Nulls::Last))];
        assert_eq!(beyond(&last, vec![Value::Null]), [Node::Or(Vec::new())]);
    }
}
