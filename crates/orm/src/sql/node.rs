//! Expressions.

use quintet_core::{Error, Result, Value, value::JsonValue};

use super::{
    Render,
    facts::{digits, field_at, model_at, nullable, scaled},
};
use crate::{
    ast::{Arithmetic, Comparison, Node},
    dialect::Dialect,
};

/// A list of up to so many values has a parameter for each.
const FEW: usize = 4;

/// A list longer than this becomes one parameter where the database can read it: the statement's text stays
/// short and the same.
const LONG_LIST: usize = 200;

impl Render {
    /// Writes an expression where nothing binds tighter than itself.
    pub(super) fn node(&mut self, node: &Node) -> Result {
        if let Some(number) = self.derived_column(node) {
            self.push("q.c");
            self.number(number);
            return Ok(());
        }
        match node {
            Node::Column(path, index) => {
                let field = field_at(model_at(self.root()?, *path)?, *index)?;
                self.qualifier(self.alias_at(*path));
                self.name(field.column);
                Ok(())
            }
            Node::Value(value) => self.bind(value),
            Node::Row(parts) => self.row(parts),
            Node::Compare(op, a, b) => self.compare(*op, a, b),
            Node::Calculate(op, a, b) => self.calculate(*op, a, b),
            Node::And(all) => self.junction(all, " AND ", "TRUE"),
            Node::Or(all) => self.junction(all, " OR ", "FALSE"),
            Node::Not(inner) => self.not(inner),
            Node::IsNull(inner) => {
                self.operand(inner)?;
                self.push(" IS NULL");
                Ok(())
            }
            Node::In(inner, values) => self.in_list(inner, values),
            Node::InQuery(inner, query) => {
                if query.empty {
                    self.push("FALSE");
                    return Ok(());
                }
                self.operand(inner)?;
                self.push(" IN (");
                self.query(query, super::Ask::Rows)?;
                self.push(")");
                Ok(())
            }
            Node::Text(test, inner, part) => self.text(*test, inner, part),
            Node::Function(function, arguments) => self.function(*function, arguments),
            Node::Many(many) => self.many(many),
            Node::Aggregate(aggregate) => self.aggregated(&super::aggregate::Asked::of(aggregate), None),
            Node::Case(branches, otherwise) => self.case(branches, otherwise.as_deref()),
            Node::Scalar(query) => self.scalar(query),
            Node::Exists(query) => self.exists(query),
            Node::Outer(outer) => self.outer(outer),
            Node::Cast(from, to, inner) => self.cast(*from, *to, inner),
            Node::Date(function, kind, inner) => self.date(*function, *kind, inner),
            Node::JsonAt(inner, step) => self.json_at(inner, step),
            Node::JsonAs(what, inner) => self.json_as(*what, inner),
            Node::JsonContains(whole, part) => self.json_contains(whole, part),
            Node::Regex(fold, inner, pattern) => self.regex(*fold, inner, pattern),
            Node::Window(window) => self.window(window),
            Node::Search(search) => self.search(search),
            // The same instant.
            Node::InZone(inner, _) => self.node(inner),
            Node::Call(name, arguments) => self.named_call(name, arguments),
            Node::OwnerKey => self.owner_key(),
        }
    }

    /// Writes an expression as one side of an operator.
    pub(super) fn operand(&mut self, node: &Node) -> Result {
        let alone = match node {
            Node::Column(..)
            | Node::Value(_)
            | Node::Row(_)
            | Node::Function(..)
            | Node::Many(_)
            | Node::Aggregate(_)
            | Node::Case(..)
            | Node::Scalar(_)
            | Node::Exists(_)
            | Node::Cast(..)
            | Node::Date(..)
            | Node::JsonAt(..)
            | Node::JsonAs(..)
            | Node::Window(_)
            | Node::Call(..)
            // It brings its own parentheses.
            | Node::Outer(_)
            | Node::OwnerKey => true,
            Node::InZone(inner, _) => return self.operand(inner),
            // Lists of conditions bring their own parentheses.
            Node::And(all) | Node::Or(all) => all.len() != 1,
            _ => false,
        };
        if alone {
            return self.node(node);
        }
        self.push("(");
        self.node(node)?;
        self.push(")");
        Ok(())
    }

    /// Binds a value; a decimal as it is stored.
    pub(super) fn bind(&mut self, value: &Value) -> Result {
        if let (Value::Decimal(decimal), false) = (value, self.dialect.native_decimal) {
            let places = u8::try_from(decimal.normalize().scale()).unwrap_or(u8::MAX);
            return self.bind_scaled(*decimal, places);
        }
        if matches!(value, Value::List(_) | Value::Map(_)) {
            return Err(Error::internal(format!("a {} is no column's value", value.describe())));
        }
        self.value(value.clone());
        Ok(())
    }

    fn junction(&mut self, all: &[Node], separator: &str, empty: &str) -> Result {
        match all {
            [] => self.push(empty),
            [one] => self.node(one)?,
            all => {
                self.push("(");
                self.list(all, separator, Self::node)?;
                self.push(")");
            }
        }
        Ok(())
    }

    /// The complement. Where the condition can be unknown, `NOT` would leave it unknown and lose the row from both.
    fn not(&mut self, inner: &Node) -> Result {
        match inner {
            Node::IsNull(tested) => {
                self.operand(tested)?;
                self.push(" IS NOT NULL");
            }
            _ if nullable(self.root()?, inner)? => {
                self.operand(inner)?;
                self.push(" IS NOT TRUE");
            }
            _ => {
                self.push("NOT ");
                self.operand(inner)?;
            }
        }
        Ok(())
    }

    fn compare(&mut self, op: Comparison, a: &Node, b: &Node) -> Result {
        if let Node::Value(Value::Null) = b {
            self.operand(a)?;
            self.push(match op {
                Comparison::Eq => " IS NULL",
                Comparison::Ne => " IS NOT NULL",
                _ => return Err(Error::internal("nothing is greater or less than NULL")),
            });
            return Ok(());
        }
        let root = self.root()?;
        if !self.dialect.native_decimal && (digits(root, a)?.is_some() || digits(root, b)?.is_some()) {
            return self.compare_scaled(op, a, b);
        }
        let by_order = !matches!(op, Comparison::Eq | Comparison::Ne)
            && (self.sorts_otherwise(a)? || self.sorts_otherwise(b)?);
        let side = if by_order { Self::sortable } else { Self::operand };
        side(self, a)?;
        self.comparison(op, a, b)?;
        side(self, b)
    }

    /// Writes the operator. A difference counts NULLs as different, so that it is the complement of equality.
    pub(super) fn comparison(&mut self, op: Comparison, a: &Node, b: &Node) -> Result {
        let root = self.root()?;
        let unknown = op == Comparison::Ne && (nullable(root, a)? || nullable(root, b)?);
        self.push(match op {
            Comparison::Eq => " = ",
            Comparison::Ne if unknown => " IS DISTINCT FROM ",
            Comparison::Ne => " <> ",
            Comparison::Lt => " < ",
            Comparison::Le => " <= ",
            Comparison::Gt => " > ",
            Comparison::Ge => " >= ",
        });
        Ok(())
    }

    fn calculate(&mut self, op: Arithmetic, a: &Node, b: &Node) -> Result {
        let root = self.root()?;
        if !self.dialect.native_decimal && (digits(root, a)?.is_some() || digits(root, b)?.is_some()) {
            return self.calculate_scaled(op, a, b);
        }
        self.operand(a)?;
        self.operator(op);
        self.operand(b)
    }

    pub(super) fn operator(&mut self, op: Arithmetic) {
        self.push(match op {
            Arithmetic::Add => " + ",
            Arithmetic::Sub => " - ",
            Arithmetic::Mul => " * ",
            Arithmetic::Div => " / ",
            Arithmetic::Rem => " % ",
        });
    }

    fn in_list(&mut self, inner: &Node, values: &[Value]) -> Result {
        if values.is_empty() {
            self.push("FALSE");
            return Ok(());
        }
        self.operand(inner)?;
        if let Node::Row(parts) = inner {
            return self.rows_among(parts, values);
        }
        if let Some(own) = digits(self.root()?, inner)?
            && !self.dialect.native_decimal
        {
            // A value that the column can't hold equals none of its values; neither does this one.
            let stored = |value: &Value| match value {
                Value::Decimal(decimal) => Value::Int(scaled(*decimal, own.places).unwrap_or(i64::MIN)),
                other => other.clone(),
            };
            let stored: Vec<Value> = values.iter().map(stored).collect();
            return self.one_of(&stored);
        }
        self.one_of(values)
    }

    /// Writes ` IN (…)`.
    pub(super) fn one_of(&mut self, values: &[Value]) -> Result {
        match form_of_list(self.dialect, values) {
            ListForm::Array => {
                self.push(" = ANY(");
                self.value(Value::List(values.to_vec()));
                self.push(")");
            }
            ListForm::Json => {
                self.push(" IN (SELECT value FROM json_each(");
                self.value(Value::Text(json_list(values)));
                self.push("))");
            }
            ListForm::Each(length) => {
                self.push(" IN (");
                self.list(padded(values, length), ", ", Self::bind)?;
                self.push(")");
            }
        }
        Ok(())
    }
}

/// How a list is bound.
pub(super) enum ListForm {
    /// As one parameter, an array.
    Array,
    /// As one parameter, a JSON array.
    Json,
    /// As so many parameters.
    Each(usize),
}

/// Lists of different lengths have few forms, so that there are few statements.
pub(super) fn form_of_list(dialect: &Dialect, values: &[Value]) -> ListForm {
    match values.len() {
        few if few <= FEW => ListForm::Each(few),
        _ if dialect.array_lists && of_one_kind(values) => ListForm::Array,
        many if many <= LONG_LIST => ListForm::Each(many.next_power_of_two()),
        _ if dialect.json_lists && fits_json(values) => ListForm::Json,
        many => ListForm::Each(many),
    }
}

/// The values, the last one repeated up to this length.
pub(super) fn padded(values: &[Value], length: usize) -> impl Iterator<Item = &Value> {
    values.iter().chain(values.last().into_iter().cycle()).take(length)
}

/// Are all whole numbers, or all texts?
fn of_one_kind(values: &[Value]) -> bool {
    values.iter().all(|value| matches!(value, Value::Int(_)))
        || values.iter().all(|value| matches!(value, Value::Text(_)))
        || values.iter().all(|value| matches!(value, Value::Uuid(_)))
}

/// Are they whole numbers or texts that JSON doesn't change?
fn fits_json(values: &[Value]) -> bool {
    values.iter().all(|value| match value {
        Value::Int(_) => true,
        // The database's JSON ends a text at a NUL.
        Value::Text(text) => !text.contains('\0'),
        _ => false,
    })
}

fn json_list(values: &[Value]) -> String {
    let items = values.iter().map(|value| match value {
        Value::Int(number) => JsonValue::from(*number),
        Value::Text(text) => JsonValue::from(text.as_str()),
        _ => JsonValue::Null,
    });
    JsonValue::Array(items.collect()).to_string()
}
