//! Walks over expressions. A subquery is a scope of its own: of what is inside, only [`Node::Outer`] belongs outside.

use super::{AggregateNode, Node, PathKey, Select, WindowCall, WindowNode};

macro_rules! aggregate_parts {
    ($aggregate:expr, $see:expr, $iter:ident, [$($by:tt)+]) => {{
        $aggregate.argument.$iter().for_each(|node| $see(node));
        $aggregate.more.$iter().for_each(|node| $see(node));
        $aggregate.order.$iter().for_each(|order| $see($($by)+ order.node));
        $aggregate.filter.$iter().for_each(|node| $see(node));
    }};
}

macro_rules! parts {
    ($node:expr, $see:expr, $iter:ident, [$($by:tt)+]) => {
        match $node {
            Node::Compare(_, a, b)
            | Node::Calculate(_, a, b)
            | Node::JsonContains(a, b)
            | Node::InZone(a, b) => {
                $see(a);
                $see(b);
            }
            Node::And(all)
            | Node::Or(all)
            | Node::Row(all)
            | Node::Function(_, all)
            | Node::Call(_, all) => {
                all.$iter().for_each(|node| $see(node))
            }
            Node::Not(a)
            | Node::IsNull(a)
            | Node::In(a, _)
            | Node::InQuery(a, _)
            | Node::Text(_, a, _)
            | Node::Cast(_, _, a)
            | Node::Date(_, _, a)
            | Node::JsonAt(a, _)
            | Node::JsonAs(_, a)
            | Node::Regex(_, a, _) => $see(a),
            Node::Aggregate(aggregate) => aggregate_parts!(aggregate, $see, $iter, [$($by)+]),
            Node::Window(window) => {
                match $($by)+ window.call {
                    WindowCall::Function(_, all) => all.$iter().for_each(|node| $see(node)),
                    WindowCall::Aggregate(aggregate) => {
                        aggregate_parts!(aggregate, $see, $iter, [$($by)+]);
                    }
                }
                window.partition.$iter().for_each(|node| $see(node));
                window.order.$iter().for_each(|order| $see($($by)+ order.node));
            }
            Node::Case(branches, otherwise) => {
                for (condition, value) in branches.$iter() {
                    $see(condition);
                    $see(value);
                }
                otherwise.$iter().for_each(|node| $see(node));
            }
            Node::Column(..)
            | Node::Value(_)
            | Node::Many(_)
            | Node::Scalar(_)
            | Node::Exists(_)
            | Node::Outer(_)
            | Node::Search(_)
            | Node::OwnerKey => {}
        }
    };
}

impl Node {
    /// The direct parts of this node that stand in the same scope.
    pub(crate) fn parts(&self, see: &mut dyn FnMut(&Node)) {
        parts!(self, see, iter, [&]);
    }

    /// [`parts`](Self::parts), to be changed.
    fn parts_mut(&mut self, see: &mut dyn FnMut(&mut Node)) {
        parts!(self, see, iter_mut, [&mut]);
    }

    /// The expressions of the subquery that this node is.
    fn inside(&self, see: &mut dyn FnMut(&Node)) {
        match self {
            Node::Many(many) => many.argument.iter().chain(&many.filter).for_each(see),
            Node::InQuery(_, query) | Node::Scalar(query) | Node::Exists(query) => query.tops(see),
            _ => {}
        }
    }

    /// [`inside`](Self::inside), to be changed.
    fn inside_mut(&mut self, see: &mut dyn FnMut(&mut Node)) {
        match self {
            Node::Many(many) => many.argument.iter_mut().chain(&mut many.filter).for_each(see),
            Node::InQuery(_, query) | Node::Scalar(query) | Node::Exists(query) => query.tops_mut(see),
            _ => {}
        }
    }

    /// Calls `see` for this node and those below it, in the scope of the same query: of a subquery's inside, only what
    /// it says about the query around it.
    pub fn visit(&self, see: &mut dyn FnMut(&Node)) {
        see(self);
        self.parts(&mut |part| part.visit(see));
        self.inside(&mut |inner| {
            inner.visit(&mut |node| {
                if let Node::Outer(outer) = node {
                    outer.placed().visit(see);
                }
            });
        });
    }

    /// The walk that this node itself starts with.
    #[must_use]
    pub fn path(&self) -> Option<PathKey> {
        match self {
            Node::Column(path, _) => Some(*path),
            Node::Many(many) => Some(many.path),
            Node::Search(search) => Some(search.path),
            _ => None,
        }
    }

    /// Does it need more than the columns of the root's own table: a join, or a subquery?
    #[must_use]
    pub fn leaves_table(&self) -> bool {
        let mut leaves = false;
        self.visit(&mut |node| {
            leaves |= match node {
                Node::Column(path, _) => !path.is_root(),
                Node::Many(_)
                | Node::InQuery(..)
                | Node::Scalar(_)
                | Node::Exists(_)
                | Node::Outer(_)
                | Node::Search(_)
                | Node::OwnerKey => true,
                _ => false,
            };
        });
        leaves
    }

    /// Is it one value over many rows of its query?
    #[must_use]
    pub fn has_aggregate(&self) -> bool {
        let mut found = false;
        self.visit(&mut |node| found |= matches!(node, Node::Aggregate(_)));
        found
    }

    /// Does it look at the rows around each row of its query?
    #[must_use]
    pub fn has_window(&self) -> bool {
        let mut found = false;
        self.visit(&mut |node| found |= matches!(node, Node::Window(_)));
        found
    }

    /// Changes every aggregate in it.
    pub(crate) fn each_aggregate(&mut self, change: &mut dyn FnMut(&mut AggregateNode)) {
        if let Node::Aggregate(aggregate) = self {
            return change(aggregate);
        }
        self.parts_mut(&mut |part| part.each_aggregate(change));
    }

    /// Every aggregate in it over a window, instead of over all rows.
    pub(crate) fn over(&mut self, window: &WindowNode) {
        match self {
            Node::Aggregate(aggregate) => {
                let call = WindowCall::Aggregate((**aggregate).clone());
                *self = Node::Window(Box::new(WindowNode { call, ..window.clone() }));
            }
            other => other.parts_mut(&mut |part| part.over(window)),
        }
    }

    /// The same expression where the root is reached by `start`.
    #[must_use]
    pub fn under(mut self, start: PathKey) -> Node {
        if !start.is_root() {
            self.reroot(start, 0);
        }
        self
    }

    /// `depth` counts the subqueries around this node, up to the query whose root moves.
    fn reroot(&mut self, start: PathKey, depth: u32) {
        match (&mut *self, depth) {
            (Node::Column(path, _), 0) => *path = path.after(start),
            (Node::Many(many), 0) => many.path = many.path.after(start),
            (Node::Search(search), 0) => search.path = search.path.after(start),
            (Node::Outer(outer), 1) => outer.at = outer.at.after(start),
            (Node::Outer(outer), 2..) => outer.node.reroot(start, depth - 1),
            _ => {}
        }
        self.parts_mut(&mut |part| part.reroot(start, depth));
        self.inside_mut(&mut |inner| inner.reroot(start, depth + 1));
    }
}

impl Select {
    /// Its expressions.
    fn tops(&self, see: &mut dyn FnMut(&Node)) {
        let all = self.columns.iter().chain(&self.filter).chain(&self.group).chain(&self.having);
        let all = all.chain(&self.distinct_on);
        all.chain(self.order.iter().map(|order| &order.node)).for_each(&mut *see);
        for (_, other) in &self.combined {
            other.tops(see);
        }
    }

    /// [`tops`](Self::tops), to be changed.
    fn tops_mut(&mut self, see: &mut dyn FnMut(&mut Node)) {
        let all =
            self.columns.iter_mut().chain(&mut self.filter).chain(&mut self.group).chain(&mut self.having);
        let all = all.chain(&mut self.distinct_on);
        all.chain(self.order.iter_mut().map(|order| &mut order.node)).for_each(&mut *see);
        for (_, other) in &mut self.combined {
            other.tops_mut(see);
        }
    }

    /// Calls `see` for every expression of the query's own scope, not entering subqueries.
    pub fn visit(&self, see: &mut dyn FnMut(&Node)) {
        let all = self.columns.iter().chain(&self.filter).chain(&self.group).chain(&self.having);
        for node in all.chain(&self.distinct_on).chain(self.order.iter().map(|order| &order.node)) {
            node.visit(see);
        }
    }
}

#[cfg(test)]
mod tests {
    use quintet_core::Value;

    use super::*;
    use crate::ast::{Aggregate, Comparison, ManyNode};

    #[test]
    fn an_expression_is_taken_from_another_root() {
        let step = PathKey::ROOT.push(4);
        let many = ManyNode {
            path: PathKey::ROOT,
            field: 2,
            aggregate: Aggregate::Count,
            argument: None,
            filter: vec![Node::Column(PathKey::ROOT, 1)],
        };
        let both = Node::compare(Comparison::Gt, Node::Many(Box::new(many)), Node::Value(Value::Int(1)))
            .and(Node::Not(Box::new(Node::Column(PathKey::ROOT, 3))));
        let mut paths = Vec::new();
        both.under(step).visit(&mut |node| paths.extend(node.path()));
        // The filter inside the subquery has its own root and stays.
        assert_eq!(paths, [step, step]);
    }
}
