//! Queries on rows, their number and their existence.

use quintet_core::{Error, Result, Value};

use super::{
    Ask, Render,
    facts::{key_of, nullable},
    function::kind_of,
    scope::Scope,
    window::no_window,
};
use crate::ast::{Lock, Node, Nulls, OrderBy, Owners, PathKey, Select};

impl Render {
    /// Writes a query for what is asked.
    pub(super) fn ask(&mut self, query: &Select, ask: Ask) -> Result {
        match ask {
            Ask::Rows | Ask::Named => self.query(query, ask),
            Ask::Count if query.is_cut() => {
                self.push("SELECT COUNT(*) FROM (");
                if query.order.is_empty() || query.limit.is_some() || query.offset.is_some() {
                    self.query(query, Ask::Rows)?;
                } else {
                    // All rows are counted, in whatever order.
                    self.query(&Select { order: Vec::new(), ..query.clone() }, Ask::Rows)?;
                }
                self.push(") AS q");
                Ok(())
            }
            Ask::Exists if !query.group.is_empty() || !query.combined.is_empty() => {
                self.push("SELECT 1 FROM (");
                self.query(query, Ask::Rows)?;
                self.push(") AS q LIMIT 1");
                Ok(())
            }
            Ask::Count | Ask::Exists => self.query(query, ask),
        }
    }

    /// Writes a query in a scope of its own.
    pub(super) fn query(&mut self, query: &Select, ask: Ask) -> Result {
        if !query.combined.is_empty() {
            return self.combination(query);
        }
        if query.filters_windows() {
            return self.derived(query, ask);
        }
        self.open_query(query)?;
        self.push(if query.distinct { "SELECT DISTINCT " } else { "SELECT " });
        self.distinct_on(query)?;
        match ask {
            Ask::Rows => self.list(&query.columns, ", ", Self::selected)?,
            Ask::Named => self.list(query.columns.iter().enumerate(), ", ", |render, (number, column)| {
                render.selected(column)?;
                render.push(" AS c");
                render.number(number);
                Ok(())
            })?,
            Ask::Count => self.push("COUNT(*)"),
            Ask::Exists => self.push("1"),
        }
        self.from()?;
        if let Some(owners) = &query.owners {
            self.owners(owners)?;
        }
        self.conditions(&query.filter, query.owners.is_some())?;
        self.groups(query)?;
        if matches!(ask, Ask::Rows | Ask::Named) {
            self.ordered(query)?;
        }
        self.cut(query, ask);
        if ask == Ask::Rows {
            self.lock(query)?;
        }
        self.close();
        Ok(())
    }

    /// Adds `ORDER BY`.
    pub(super) fn ordered(&mut self, query: &Select) -> Result {
        if !query.order.is_empty() {
            self.push(" ORDER BY ");
            // Rows that were made different or put together can be ordered by what they have only: by its number, as an
            // expression with parameters is not the same twice.
            let made = query.distinct || !query.group.is_empty();
            if query.distinct && !query.order.iter().all(|order| query.columns.contains(&order.node)) {
                return Err(Error::database(
                    "distinct rows can be ordered only by columns that they have: select what they are ordered by too",
                ));
            }
            self.list(&query.order, ", ", |render, order| render.order(order, &query.columns, made))?;
        }
        Ok(())
    }

    /// Adds `ON (…)` after `DISTINCT`.
    fn distinct_on(&mut self, query: &Select) -> Result {
        if query.distinct_on.is_empty() {
            return Ok(());
        }
        if !self.dialect.distinct_on {
            return Err(Error::database(format!(
                "{} has no DISTINCT ON: instead of distinct_on(column), filter by \
                 row_number().over(window().partition_by(column).order_by(..)).eq(1)",
                self.dialect.name
            )));
        }
        let starts = query
            .distinct_on
            .iter()
            .all(|key| query.order.iter().take(query.distinct_on.len()).any(|order| order.node == *key));
        if !query.order.is_empty() && !starts {
            return Err(Error::database(
                "distinct_on(..) takes the first row of each: the order must begin with the same columns",
            ));
        }
        if !query.distinct {
            self.push("DISTINCT ");
        }
        self.push("ON (");
        self.list(&query.distinct_on, ", ", Self::node)?;
        self.push(") ");
        Ok(())
    }

    /// Writes a column of the answer. A parameter alone would be a text.
    fn selected(&mut self, node: &Node) -> Result {
        match node {
            Node::Value(value) => match kind_of(value) {
                Some(kind) => self.typed(node, kind),
                None => self.node(node),
            },
            _ => self.node(node),
        }
    }

    /// Adds `GROUP BY` and `HAVING`.
    fn groups(&mut self, query: &Select) -> Result {
        no_window(&query.group, "a key of groups")?;
        no_window(&query.having, "a condition on groups")?;
        for (i, key) in query.group.iter().enumerate() {
            self.push(if i == 0 { " GROUP BY " } else { ", " });
            match key {
                Node::Column(..) => self.node(key)?,
                // The keys are the first columns.
                _ => self.number(i + 1),
            }
        }
        for (i, condition) in query.having.iter().enumerate() {
            self.push(if i == 0 { " HAVING " } else { " AND " });
            self.node(condition)?;
        }
        Ok(())
    }

    /// Locks the rows of the root's table, not those of joined ones.
    fn lock(&mut self, query: &Select) -> Result {
        let Some(lock) = query.lock else { return Ok(()) };
        if !self.dialect.row_locks {
            return Err(Error::database(format!(
                "{} can't lock single rows: leave out for_update(); there, only one transaction writes at a time, and \
                 `db.atomic(..)` has the writer from its start",
                self.dialect.name
            )));
        }
        self.push(" FOR UPDATE");
        if let Some(alias) = self.alias_at(PathKey::ROOT) {
            self.push(" OF t");
            self.number(alias);
        }
        self.push(match lock {
            Lock::Wait => "",
            Lock::NoWait => " NOWAIT",
            Lock::SkipLocked => " SKIP LOCKED",
        });
        Ok(())
    }

    /// A query over one table at the top of the statement needs no aliases.
    fn open_query(&mut self, query: &Select) -> Result {
        self.said_database(query)?;
        let mut leaves = !self.scopes.is_empty() || query.owners.is_some();
        query.visit(&mut |node| leaves |= node.leaves_table());
        if !leaves {
            self.scopes.push(Scope::bare(query.root));
            return Ok(());
        }
        self.open(query.root, |mention| query.visit(mention))?;
        if let Some(owners) = &query.owners {
            let alias = self.alias();
            if let Some(scope) = self.scopes.last_mut() {
                scope.owners = Some((alias, owners.owner_column));
            }
        }
        Ok(())
    }

    /// Joins the table of a many-to-many and names its owners.
    fn owners(&mut self, owners: &Owners) -> Result {
        let root = self.root()?;
        let alias = self.scopes.last().and_then(|scope| scope.owners).map(|(alias, _)| alias);
        self.push(" JOIN ");
        self.name(owners.table);
        if let Some(alias) = alias {
            self.push(" AS t");
            self.number(alias);
        }
        self.push(" ON ");
        self.qualifier(alias);
        self.name(owners.root_column);
        self.push(" = ");
        self.qualifier(self.alias_at(PathKey::ROOT));
        self.name(key_of(root)?.1.column);
        self.push(" WHERE ");
        self.owner_key()?;
        match owners.keys.as_slice() {
            [one] => {
                self.push(" = ");
                self.value(one.clone());
                Ok(())
            }
            keys => self.one_of(keys),
        }
    }

    /// Adds ` WHERE` with conditions that all hold, or ` AND` after one that stands already.
    pub(super) fn conditions(&mut self, filter: &[Node], started: bool) -> Result {
        no_window(filter, "a condition inside another expression")?;
        for (i, condition) in filter.iter().enumerate() {
            self.push(if started || i > 0 { " AND " } else { " WHERE " });
            self.node(condition)?;
        }
        Ok(())
    }

    fn order(&mut self, order: &OrderBy, columns: &[Node], made: bool) -> Result {
        let by_number = match order.node {
            // A subquery that is selected is ordered by its number: computed once.
            Node::Many(_) | Node::Scalar(_) | Node::Aggregate(_) | Node::Window(_) => true,
            Node::Column(..) => false,
            _ => made,
        };
        match columns.iter().position(|column| column == &order.node) {
            Some(position) if by_number => self.number(position + 1),
            _ => self.sorted(&order.node)?,
        }
        let has_nulls = nullable(self.root()?, &order.node)?;
        self.direction(order, has_nulls);
        Ok(())
    }

    /// Adds `DESC` and where NULLs go.
    pub(super) fn direction(&mut self, order: &OrderBy, has_nulls: bool) {
        if order.descending {
            self.push(" DESC");
        }
        self.push(match order.nulls {
            // An index has the database's own order: nothing is said where there are no NULLs.
            Nulls::Default if !has_nulls || self.dialect.nulls_are_least => "",
            Nulls::Default if order.descending => " NULLS LAST",
            Nulls::Default => " NULLS FIRST",
            Nulls::First => " NULLS FIRST",
            Nulls::Last => " NULLS LAST",
        });
    }

    /// Limit and offset are parameters, so that the text is the same on every page. The limits of `first` and `get`,
    /// which never change, stand in the text.
    pub(super) fn cut(&mut self, query: &Select, ask: Ask) {
        if ask == Ask::Exists {
            self.push(" LIMIT 1");
        } else if let Some(limit) = query.limit {
            self.push(" LIMIT ");
            match limit {
                1 => self.push("1"),
                2 => self.push("2"),
                _ => self.limit(row_number(limit)),
            }
        } else if query.offset.is_some() {
            // Not every database takes an offset without a limit.
            self.push(" LIMIT ");
            self.limit(row_number(u64::MAX));
        }
        if let Some(offset) = query.offset {
            self.push(" OFFSET ");
            self.value(row_number(offset));
        }
    }

    /// SQLite peeks at a bare parameter here and would prepare the statement again for each value, more work than
    /// most queries are; in a sum it doesn't look.
    fn limit(&mut self, limit: Value) {
        self.value(limit);
        if self.dialect.plans_by_limit {
            self.push(" + 0");
        }
    }

    /// The many-to-many's column that points to the owner.
    pub(super) fn owner_key(&mut self) -> Result {
        let Some((alias, column)) = self.scopes.last().and_then(|scope| scope.owners) else {
            return Err(Error::internal("the owner's key is asked for in a query without owners"));
        };
        self.qualifier(Some(alias));
        self.name(column);
        Ok(())
    }
}

/// A number of rows as a parameter.
pub(super) fn row_number(rows: u64) -> Value {
    Value::Int(i64::try_from(rows).unwrap_or(i64::MAX))
}
