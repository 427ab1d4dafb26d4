use super::{Node, PathKey, Select};

impl Node {
    /// Calls `see` for this node and those below it, in the scope of the same query: the inside of a subquery
    /// is a scope of its own and is not entered.
    pub fn visit(&self, see: &mut dyn FnMut(&Node)) {
        see(self);
        match self {
            Node::Compare(_, a, b) | Node::Calculate(_, a, b) => {
                a.visit(see);
                b.visit(see);
            }
            Node::And(all) | Node::Or(all) | Node::Function(_, all) => {
                all.iter().for_each(|node| node.visit(see));
            }
            Node::Not(a) | Node::IsNull(a) | Node::In(a, _) | Node::InQuery(a, _) | Node::Text(_, a, _) => {
                a.visit(see);
            }
            Node::Column(..) | Node::Value(_) | Node::Many(_) | Node::OwnerKey => {}
        }
    }

    /// The walk that this node itself starts with.
    #[must_use]
    pub fn path(&self) -> Option<PathKey> {
        match self {
            Node::Column(path, _) => Some(*path),
            Node::Many(many) => Some(many.path),
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
                Node::Many(_) | Node::InQuery(..) | Node::OwnerKey => true,
                _ => false,
            };
        });
        leaves
    }

    /// The same expression where the root is reached by `start`.
    #[must_use]
    pub fn under(mut self, start: PathKey) -> Node {
        self.reroot(start);
        self
    }

    fn reroot(&mut self, start: PathKey) {
        match self {
            Node::Column(path, _) => *path = path.after(start),
            Node::Many(many) => many.path = many.path.after(start),
            Node::Compare(_, a, b) | Node::Calculate(_, a, b) => {
                a.reroot(start);
                b.reroot(start);
            }
            Node::And(all) | Node::Or(all) | Node::Function(_, all) => {
                all.iter_mut().for_each(|node| node.reroot(start));
            }
            Node::Not(a) | Node::IsNull(a) | Node::In(a, _) | Node::InQuery(a, _) | Node::Text(_, a, _) => {
                a.reroot(start);
            }
            Node::Value(_) | Node::OwnerKey => {}
        }
    }
}

impl Select {
    /// Calls `see` for every expression of the query, not entering subqueries.
    pub fn visit(&self, see: &mut dyn FnMut(&Node)) {
        for node in self.columns.iter().chain(&self.filter) {
            node.visit(see);
        }
        for order in &self.order {
            order.node.visit(see);
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
