use std::sync::Arc;

use quintet_core::{Value, meta::ModelMeta};

use super::{Comparison, Node, PathKey};

/// A query.
#[derive(Clone, Debug, PartialEq)]
pub struct Select {
    /// The model whose table it starts from.
    pub root: &'static ModelMeta,
    /// The database that is asked, where the query says so itself.
    pub database: Option<Arc<str>>,
    /// What each row has; empty until the query is [`prepare`](Self::prepare)d for whole models.
    pub columns: Vec<Node>,
    /// Conditions that all hold.
    pub filter: Vec<Node>,
    /// How many of them, the first ones, are the model's default scope.
    pub scoped: usize,
    /// The order of rows.
    pub order: Vec<OrderBy>,
    /// At most this many rows.
    pub limit: Option<u64>,
    /// Without this many rows at the start.
    pub offset: Option<u64>,
    /// Without repeated rows?
    pub distinct: bool,
    /// Only the first row, in the query's order, of those that share these values.
    pub distinct_on: Vec<Node>,
    /// Is it known to have no rows, so that nobody need be asked?
    pub empty: bool,
    /// Only rows of these owners, through a many-to-many's table.
    pub owners: Option<Owners>,
    /// One row for the rows that share these values, which are the first of the columns.
    pub group: Vec<Node>,
    /// Conditions on groups that all hold.
    pub having: Vec<Node>,
    /// Are the rows locked until the transaction ends?
    pub lock: Option<Lock>,
    /// Further queries whose rows are put together with these.
    pub combined: Vec<(Combine, Box<Select>)>,
}

/// What a query that locks rows does where another transaction holds one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// Waits.
    Wait,
    /// Fails at once.
    NoWait,
    /// Leaves the row out.
    SkipLocked,
}

/// How the rows of two queries are put together. Repeated rows are left out, but by [`UnionAll`](Self::UnionAll).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Combine {
    /// Rows of either.
    Union,
    /// Rows of either, repeated ones too.
    UnionAll,
    /// Rows of both.
    Intersection,
    /// Rows of the first that are not in the second.
    Difference,
}

/// One column or expression that rows are ordered by.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderBy {
    /// What decides.
    pub node: Node,
    /// From great to small?
    pub descending: bool,
    /// Where NULLs go.
    pub nulls: Nulls,
}

/// Where NULLs go in an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nulls {
    /// Where values less than all others would be: at the start, or at the end where the order descends.
    Default,
    /// Before all values.
    First,
    /// After all values.
    Last,
}

/// The owners of related rows, on the far side of a many-to-many's table.
#[derive(Clone, Debug, PartialEq)]
pub struct Owners {
    /// The many-to-many's table.
    pub table: &'static str,
    /// The table's column that points to the owners.
    pub owner_column: &'static str,
    /// The table's column that points to the query's root.
    pub root_column: &'static str,
    /// The owners' keys.
    pub keys: Vec<Value>,
}

impl Select {
    /// All rows of a model.
    #[must_use]
    pub fn new(root: &'static ModelMeta) -> Self {
        Select {
            root,
            database: None,
            columns: Vec::new(),
            filter: Vec::new(),
            scoped: 0,
            order: Vec::new(),
            limit: None,
            offset: None,
            distinct: false,
            distinct_on: Vec::new(),
            empty: false,
            owners: None,
            group: Vec::new(),
            having: Vec::new(),
            lock: None,
            combined: Vec::new(),
        }
    }

    /// The rows of a model that its default scope lets through.
    #[must_use]
    pub fn in_scope(root: &'static ModelMeta) -> Self {
        let mut select = Select::new(root);
        select.filter.extend(scope_of(root));
        select.scoped = select.filter.len();
        select
    }

    /// Takes the default scope away.
    pub fn leave_scope(&mut self) {
        self.filter.drain(..self.scoped.min(self.filter.len()));
        self.scoped = 0;
    }

    /// Narrows the query.
    pub fn add_filter(&mut self, condition: Node) {
        match condition {
            Node::And(all) => self.filter.extend(all),
            one => self.filter.push(one),
        }
    }

    /// Takes all columns of the root where none were chosen, and its order where none was given. Groups and rows of several
    /// queries have no order of their own.
    pub fn prepare(&mut self) {
        if self.columns.is_empty() {
            model_columns(self.root, PathKey::ROOT, &mut self.columns);
        }
        if self.order.is_empty() && self.group.is_empty() && self.combined.is_empty() {
            let order = |(field, descending): &(u16, bool)| OrderBy {
                node: Node::Column(PathKey::ROOT, *field),
                descending: *descending,
                nulls: Nulls::Default,
            };
            if self.distinct_on.is_empty() {
                self.order.extend(self.root.ordering.iter().map(order));
            }
            // Rows that were made different can't be ordered by what they lost.
            if self.distinct && !self.order.iter().all(|order| self.columns.contains(&order.node)) {
                self.order.clear();
            }
        }
    }

    /// Is it about the row with one key, so that it has one row at most?
    #[must_use]
    pub fn is_by_key(&self) -> bool {
        let column = |node: &Node| match node {
            Node::Compare(Comparison::Eq, column, value) if matches!(**value, Node::Value(_)) => {
                match **column {
                    Node::Column(path, field) if path.is_root() => Some(field),
                    _ => None,
                }
            }
            _ => None,
        };
        let columns: Vec<Option<u16>> = self.filter.iter().map(column).collect();
        // Each part of the key, and at most plain comparisons beside them.
        self.root.primary_key.iter().all(|part| columns.contains(&Some(*part)))
            && columns.iter().all(Option::is_some)
            && self.owners.is_none()
            && self.combined.is_empty()
    }

    /// Takes only some of the rows, by number or by being different, or makes other rows of them?
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.limit.is_some()
            || self.offset.is_some()
            || self.distinct
            || !self.distinct_on.is_empty()
            || !self.group.is_empty()
            || !self.combined.is_empty()
            || self.filters_windows()
    }
}

impl Select {
    /// Is a condition about the rows around each row? Then the rows are found first, and chosen among afterwards.
    #[must_use]
    pub fn filters_windows(&self) -> bool {
        self.filter.iter().any(Node::has_window)
    }
}

/// The condition of a model's default scope.
pub(crate) fn scope_of(model: &ModelMeta) -> Option<Node> {
    let made = model.options.scope?();
    made.downcast_ref::<Node>().cloned()
}

/// Adds all columns of the model at `path`.
pub fn model_columns(model: &'static ModelMeta, path: PathKey, out: &mut Vec<Node>) {
    out.extend(model.columns().map(|(field, _)| Node::Column(path, field)));
}
