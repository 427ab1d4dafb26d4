//! What a statement's text depends on, and what it doesn't: queries that differ in their values only share one text, which is
//! rendered once.
//!
//! The shape of a query is written as bytes, front to back, which no other shape has; its values are gathered on the way, in
//! the order in which the renderer binds them. What can't be told apart by a walk as simple as this (decimals brought to a
//! scale, subqueries) has no shape, and is rendered each time.

use quintet_core::{Value, meta::ModelMeta};

use super::{Ask, Conflict, kept, node, select::row_number, text};
use crate::{
    ast::{Aggregate, AggregateNode, ManyNode, Node, Nulls, OrderBy, Owners, PathKey, Select},
    dialect::Dialect,
};

/// A shape while it is written.
pub(super) struct Shape<'a> {
    dialect: &'static Dialect,
    bytes: &'a mut Vec<u8>,
    params: Vec<Value>,
}

/// There is no shape.
pub(super) struct Shapeless;

type Written = Result<(), Shapeless>;

impl<'a> Shape<'a> {
    pub(super) fn new(dialect: &'static Dialect, bytes: &'a mut Vec<u8>) -> Self {
        bytes.clear();
        let mut shape = Shape { dialect, bytes, params: Vec::with_capacity(4) };
        shape.address(dialect);
        shape
    }

    /// The values, in the order of the placeholders.
    pub(super) fn into_params(self) -> Vec<Value> {
        self.params
    }

    /// A query. `joins` are the walks to objects that come in the same rows.
    pub(super) fn query(
        &mut self,
        query: &Select,
        ask: Ask,
        joins: &mut dyn Iterator<Item = PathKey>,
    ) -> Written {
        // All fields by name, so that a new one is not forgotten here.
        let Select {
            root,
            database,
            columns,
            filter,
            // Which conditions are the scope's does not matter to the text.
            scoped: _,
            order,
            limit,
            offset,
            distinct,
            distinct_on,
            empty,
            owners,
            group,
            having,
            lock,
            combined,
        } = query;
        let rows = ask == Ask::Rows;
        // Whether a query inside another one may say its database is looked at each time.
        let simple = combined.is_empty() && distinct_on.is_empty() && !empty && database.is_none();
        if !simple || (!rows && (query.is_cut() || lock.is_some())) {
            return Err(Shapeless);
        }
        self.byte(ask as u8);
        self.model(root);
        self.byte(u8::from(*distinct) | (lock.map_or(0, |lock| lock as u8 + 1) << 1));
        if rows {
            self.nodes(columns)?;
        }
        match owners {
            Some(owners) => self.owners(owners)?,
            None => self.byte(0),
        }
        self.nodes(filter)?;
        self.nodes(group)?;
        self.nodes(having)?;
        if rows {
            self.length(order.len())?;
            for order in order {
                self.order(order)?;
            }
            self.cut(*limit, *offset);
            for path in joins {
                self.byte(1);
                self.path(path);
            }
        } else {
            // They don't stand in the text, but the tables that they lead to do.
            self.nodes(columns)?;
            self.length(order.len())?;
            order.iter().try_for_each(|order| self.order(order))?;
        }
        Ok(())
    }

    /// Values of fields.
    pub(super) fn assigned<'n>(
        &mut self,
        model: &'static ModelMeta,
        fields: impl IntoIterator<Item = (u16, &'n Node)>,
    ) -> Written {
        for (index, node) in fields {
            self.byte(1);
            self.number(index);
            match node {
                // Its text is a placeholder, whatever it is.
                Node::Value(value) => {
                    self.byte(0);
                    self.kept(model, index, value)?;
                }
                node => self.node(node)?,
            }
        }
        self.byte(0);
        Ok(())
    }

    /// [`assigned`](Self::assigned) without expressions.
    pub(super) fn values(&mut self, model: &'static ModelMeta, values: &[(u16, Value)]) -> Written {
        for (index, value) in values {
            self.byte(1);
            self.number(*index);
            self.kept(model, *index, value)?;
        }
        self.byte(0);
        Ok(())
    }

    /// A value as its column keeps it.
    fn kept(&mut self, model: &'static ModelMeta, index: u16, value: &Value) -> Written {
        let field = model.field_at(index).ok_or(Shapeless)?;
        match kept(field, value.clone(), self.dialect).map_err(|_| Shapeless)? {
            Value::List(_) | Value::Map(_) | Value::NotLoaded(_) => return Err(Shapeless),
            Value::Decimal(_) if !self.dialect.native_decimal => return Err(Shapeless),
            value => self.params.push(value),
        }
        Ok(())
    }

    /// The key of a row.
    pub(super) fn key(&mut self, model: &'static ModelMeta, key: &Value) -> Written {
        match (model.primary_key, key) {
            ([_], one) => self.value(one),
            (several, Value::List(parts)) if parts.len() == several.len() => {
                parts.iter().try_for_each(|part| self.value(part))
            }
            _ => Err(Shapeless),
        }
    }

    /// Values that the text doesn't depend on.
    pub(super) fn params(&mut self, values: impl IntoIterator<Item = Value>) {
        self.params.extend(values);
    }

    /// The rows that a write is about.
    pub(super) fn chosen(&mut self, query: &Select) -> Written {
        if query.is_cut() || query.owners.is_some() {
            return Err(Shapeless);
        }
        self.nodes(&query.filter)
    }

    /// Fields.
    pub(super) fn fields(&mut self, fields: &[u16]) -> Written {
        self.length(fields.len())?;
        for field in fields {
            self.number(*field);
        }
        Ok(())
    }

    /// What happens to a row that is there already.
    pub(super) fn conflict(&mut self, conflict: Conflict<'_>) -> Written {
        match conflict {
            Conflict::Refuse => self.byte(0),
            Conflict::Keep { by } => {
                self.byte(1);
                self.fields(by)?;
            }
            Conflict::Update { by, fields } => {
                self.byte(2);
                self.fields(by)?;
                self.fields(fields)?;
            }
        }
        Ok(())
    }

    pub(super) fn model(&mut self, model: &'static ModelMeta) {
        self.address(model);
    }

    pub(super) fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    /// What lives for ever is known by its address.
    fn address<T>(&mut self, of: &'static T) {
        let address = std::ptr::from_ref(of).addr();
        self.bytes.extend_from_slice(&address.to_le_bytes());
    }

    fn number(&mut self, number: u16) {
        self.bytes.extend_from_slice(&number.to_le_bytes());
    }

    pub(super) fn length(&mut self, length: usize) -> Written {
        self.number(u16::try_from(length).map_err(|_| Shapeless)?);
        Ok(())
    }

    fn text(&mut self, text: &str) -> Written {
        self.length(text.len())?;
        self.bytes.extend_from_slice(text.as_bytes());
        Ok(())
    }

    fn path(&mut self, path: PathKey) {
        // A path that is too long has none: the renderer refuses it.
        let steps = path.steps();
        self.byte(if path.is_too_long() { u8::MAX } else { steps.len() as u8 });
        for step in steps {
            self.number(*step);
        }
    }

    fn nodes(&mut self, nodes: &[Node]) -> Written {
        self.length(nodes.len())?;
        nodes.iter().try_for_each(|node| self.node(node))
    }

    fn order(&mut self, order: &OrderBy) -> Written {
        let OrderBy { node, descending, nulls } = order;
        let nulls = match nulls {
            Nulls::Default => 0,
            Nulls::First => 1,
            Nulls::Last => 2,
        };
        self.byte(nulls << 1 | u8::from(*descending));
        self.node(node)
    }

    /// As the renderer's: small limits stand in the text.
    fn cut(&mut self, limit: Option<u64>, offset: Option<u64>) {
        match (limit, offset) {
            (None, None) => self.byte(0),
            (Some(1), _) => self.byte(1),
            (Some(2), _) => self.byte(2),
            (limit, _) => {
                self.byte(3);
                self.params.push(row_number(limit.unwrap_or(u64::MAX)));
            }
        }
        self.byte(offset.is_some().into());
        self.params.extend(offset.map(row_number));
    }

    fn owners(&mut self, owners: &Owners) -> Written {
        let Owners { table, owner_column, root_column, keys } = owners;
        self.byte(1);
        self.text(table)?;
        self.text(owner_column)?;
        self.text(root_column)?;
        // One key is compared, several are listed.
        self.byte((keys.len() == 1).into());
        self.list(keys)
    }

    fn value(&mut self, value: &Value) -> Written {
        self.kind(value)?;
        self.params.push(value.clone());
        Ok(())
    }

    /// The kind of a value whose form is its own.
    fn kind(&mut self, value: &Value) -> Written {
        self.byte(match value {
            Value::Bool(_) => 1,
            Value::Int(_) => 2,
            Value::Float(_) => 3,
            Value::Text(_) => 4,
            Value::Bytes(_) => 5,
            Value::Date(_) => 6,
            Value::Time(_) => 7,
            Value::DateTime(_) => 8,
            Value::Duration(_) => 9,
            Value::Uuid(_) => 10,
            Value::Decimal(_) if self.dialect.native_decimal => 11,
            _ => return Err(Shapeless),
        });
        Ok(())
    }

    fn list(&mut self, values: &[Value]) -> Written {
        let Some(first) = values.first() else {
            self.byte(0);
            return Ok(());
        };
        let kind = std::mem::discriminant(first);
        if !values.iter().all(|value| std::mem::discriminant(value) == kind) {
            return Err(Shapeless);
        }
        match node::form_of_list(self.dialect, values) {
            node::ListForm::Array => {
                self.byte(1);
                self.kind(first)?;
                self.params.push(Value::List(values.to_vec()));
            }
            node::ListForm::Json => return Err(Shapeless),
            node::ListForm::Each(length) => {
                self.byte(2);
                self.kind(first)?;
                self.length(length)?;
                self.params.extend(node::padded(values, length).cloned());
            }
        }
        Ok(())
    }

    pub(super) fn node(&mut self, node: &Node) -> Written {
        match node {
            Node::Column(path, field) => {
                self.byte(1);
                self.path(*path);
                self.number(*field);
            }
            Node::Value(value) => {
                self.byte(2);
                self.value(value)?;
            }
            Node::Compare(op, a, b) => {
                self.byte(3);
                self.byte(*op as u8);
                self.node(a)?;
                match &**b {
                    Node::Value(Value::Null) => self.byte(0),
                    b => self.node(b)?,
                }
            }
            Node::Calculate(op, a, b) => {
                self.byte(4);
                self.byte(*op as u8);
                self.node(a)?;
                self.node(b)?;
            }
            Node::And(all) => {
                self.byte(5);
                self.nodes(all)?;
            }
            Node::Or(all) => {
                self.byte(6);
                self.nodes(all)?;
            }
            Node::Not(inner) => {
                self.byte(7);
                self.node(inner)?;
            }
            Node::IsNull(inner) => {
                self.byte(8);
                self.node(inner)?;
            }
            Node::In(inner, values) => {
                self.byte(9);
                self.node(inner)?;
                self.list(values)?;
            }
            Node::Text(test, inner, part) => {
                self.byte(10);
                self.byte(test.place as u8 | u8::from(test.fold) << 4);
                self.node(inner)?;
                let searched = text::searched(self.dialect, *test, inner, part).ok_or(Shapeless)?;
                self.params.push(Value::Text(searched));
            }
            Node::Many(many) => self.many(many)?,
            Node::Aggregate(aggregate) => self.aggregate(aggregate)?,
            Node::OwnerKey => self.byte(13),
            _ => return Err(Shapeless),
        }
        Ok(())
    }

    fn many(&mut self, many: &ManyNode) -> Written {
        let ManyNode { path, field, aggregate, argument, filter } = many;
        self.byte(11);
        self.path(*path);
        self.number(*field);
        self.asked(*aggregate)?;
        self.argument(argument.as_ref())?;
        self.nodes(filter)
    }

    fn aggregate(&mut self, node: &AggregateNode) -> Written {
        let AggregateNode { aggregate, distinct, argument, more, order, filter } = node;
        self.byte(12);
        self.asked(*aggregate)?;
        self.byte((*distinct).into());
        let before = self.params.len();
        self.argument(argument.as_ref())?;
        self.nodes(filter)?;
        // Where a database has no FILTER, the conditions stand before the argument.
        let simple = more.is_empty() && order.is_empty() && self.params.len() == before;
        if simple { Ok(()) } else { Err(Shapeless) }
    }

    /// Aggregates that are a call of one argument.
    fn asked(&mut self, aggregate: Aggregate) -> Written {
        self.byte(match aggregate {
            Aggregate::Exists => 1,
            Aggregate::Count => 2,
            Aggregate::Sum => 3,
            Aggregate::Average => 4,
            Aggregate::Min => 5,
            Aggregate::Max => 6,
            _ => return Err(Shapeless),
        });
        Ok(())
    }

    fn argument(&mut self, argument: Option<&Node>) -> Written {
        match argument {
            Some(argument) => self.node(argument),
            None => {
                self.byte(0);
                Ok(())
            }
        }
    }
}
