//! Conditions on what windows say: the rows are found in a query inside, and chosen among around it.

use quintet_core::{Error, Result};

use super::{Ask, Render, scope::Scope};
use crate::{
    ast::{Node, PathKey, Select},
    key::{key_columns, key_node},
};

impl Render {
    /// Writes `SELECT q.c0, … FROM (rows with their windows) AS q WHERE …`. What needs no window is looked at inside, before
    /// windows see the rows.
    pub(super) fn derived(&mut self, query: &Select, ask: Ask) -> Result {
        let (chosen, filter): (Vec<Node>, Vec<Node>) =
            query.filter.iter().cloned().partition(Node::has_window);
        let of_all = !query.group.is_empty() || query.columns.iter().any(Node::has_aggregate);
        if of_all || !query.distinct_on.is_empty() || query.lock.is_some() {
            return self.by_key(query, ask);
        }
        let mut columns: Vec<Node> = Vec::new();
        if ask != Ask::Exists {
            query.columns.iter().for_each(|column| add(column, &mut columns));
            query.order.iter().for_each(|order| add(&order.node, &mut columns));
        }
        chosen.iter().for_each(|condition| add_leaves(condition, &mut columns));
        self.push(if query.distinct { "SELECT DISTINCT " } else { "SELECT " });
        match ask {
            Ask::Exists => self.push("1"),
            Ask::Count => {
                return Err(Error::internal("rows among which is chosen are counted by a query around them"));
            }
            Ask::Rows | Ask::Named => {
                for (number, column) in query.columns.iter().enumerate() {
                    self.push(if number > 0 { ", q.c" } else { "q.c" });
                    self.number(columns.iter().position(|other| other == column).unwrap_or_default());
                    if ask == Ask::Named {
                        self.push(" AS c");
                        self.number(number);
                    }
                }
            }
        }
        self.push(" FROM (");
        let inner = Select {
            columns: columns.clone(),
            filter,
            order: Vec::new(),
            limit: None,
            offset: None,
            distinct: false,
            ..query.clone()
        };
        self.query(&inner, Ask::Named)?;
        self.push(") AS q");
        self.scopes.push(Scope::derived(query.root, columns));
        for (i, condition) in chosen.iter().enumerate() {
            self.push(if i > 0 { " AND " } else { " WHERE " });
            self.node(condition)?;
        }
        if ask != Ask::Exists {
            self.ordered(query)?;
        }
        self.cut(query, ask);
        self.close();
        Ok(())
    }

    /// Where rows are put together or locked, which rows is said by their keys.
    fn by_key(&mut self, query: &Select, ask: Ask) -> Result {
        let mut keys = Select::new(query.root);
        keys.columns = key_columns(query.root);
        keys.filter.clone_from(&query.filter);
        keys.owners.clone_from(&query.owners);
        let among = Node::InQuery(Box::new(key_node(query.root, PathKey::ROOT)), Box::new(keys));
        self.query(&Select { filter: vec![among], ..query.clone() }, ask)
    }
}

fn add(node: &Node, columns: &mut Vec<Node>) {
    if !columns.contains(node) {
        columns.push(node.clone());
    }
}

/// What a condition is made of that must be known of each row. Subqueries are answered inside as a whole.
fn add_leaves(node: &Node, columns: &mut Vec<Node>) {
    match node {
        Node::Column(..)
        | Node::Window(_)
        | Node::Many(_)
        | Node::InQuery(..)
        | Node::Scalar(_)
        | Node::Exists(_)
        | Node::Search(_)
        | Node::OwnerKey => add(node, columns),
        _ => node.parts(&mut |part| add_leaves(part, columns)),
    }
}
