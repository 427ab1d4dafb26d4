//! The tables of one query: its root and what its expressions reach over foreign keys.

use quintet_core::{
    Error, Result,
    meta::{ModelMeta, Relation},
};

use super::{
    Render,
    facts::{field_at, is_optional, key_of, model_at},
    search::Ranked,
};
use crate::{
    ast::{Node, PathKey, Select},
    db::DEFAULT,
};

/// A query's tables.
pub(super) struct Scope {
    pub(super) root: &'static ModelMeta,
    /// The root's alias; `None` where it is the only table of the statement and names need no alias.
    pub(super) alias: Option<usize>,
    /// The alias of the many-to-many's table and its column that points to the owner, if rows are asked for by owner.
    pub(super) owners: Option<(usize, &'static str)>,
    joins: Vec<Joined>,
    /// What its searches are ranked by.
    pub(super) ranked: Vec<Ranked>,
    /// What the columns `q.c0`, `q.c1` … are, where the only table is a query's rows.
    derived: Vec<Node>,
}

#[derive(Clone, Copy)]
struct Joined {
    path: PathKey,
    alias: usize,
    model: &'static ModelMeta,
    optional: bool,
}

impl Scope {
    /// One table, whose names need no alias.
    pub(super) fn bare(root: &'static ModelMeta) -> Self {
        Scope::table(root, None)
    }

    /// The rows of a query, whose columns are these.
    pub(super) fn derived(root: &'static ModelMeta, columns: Vec<Node>) -> Self {
        Scope { derived: columns, ..Scope::table(root, None) }
    }

    /// One table.
    pub(super) fn table(root: &'static ModelMeta, alias: Option<usize>) -> Self {
        Scope { root, alias, owners: None, joins: Vec::new(), ranked: Vec::new(), derived: Vec::new() }
    }
}

impl Render {
    /// The next alias.
    pub(super) fn alias(&mut self) -> usize {
        self.aliases += 1;
        self.aliases - 1
    }

    /// Opens a scope with aliases, joining what `mention` shows it.
    pub(super) fn open(
        &mut self,
        root: &'static ModelMeta,
        mention: impl Fn(&mut dyn FnMut(&Node)),
    ) -> Result {
        let around = self.scopes.last().map(|scope| scope.root);
        if let Some(around) = around {
            same_database(around, root, None)?;
        }
        let alias = self.alias();
        let mut paths: Vec<PathKey> = Vec::new();
        mention(&mut |node| {
            let whole = node.path().unwrap_or_default();
            if whole.is_too_long() {
                // It is refused below.
                paths.push(whole);
            }
            let mut path = PathKey::ROOT;
            for step in whole.steps() {
                path = path.push(*step);
                if !paths.contains(&path) {
                    paths.push(path);
                }
            }
        });
        let mut joins = Vec::with_capacity(paths.len());
        for path in paths {
            let (model, optional) = (model_at(root, path)?, is_optional(root, path)?);
            if let Some((before, step)) = path.split() {
                let owner = model_at(root, before)?;
                same_database(owner, model, Some(field_at(owner, step)?.name))?;
            }
            joins.push(Joined { path, alias: self.alias(), model, optional });
        }
        let ranked = self.ranked(mention);
        self.scopes.push(Scope {
            root,
            alias: Some(alias),
            owners: None,
            joins,
            ranked,
            derived: Vec::new(),
        });
        Ok(())
    }

    /// Which column of the query that the innermost scope's rows come from this is.
    pub(super) fn derived_column(&self, node: &Node) -> Option<usize> {
        self.scopes.last()?.derived.iter().position(|column| column == node)
    }

    /// Closes the innermost scope.
    pub(super) fn close(&mut self) {
        self.scopes.pop();
    }

    /// The model at the root of the innermost scope.
    pub(super) fn root(&self) -> Result<&'static ModelMeta> {
        self.scopes
            .last()
            .map(|scope| scope.root)
            .ok_or_else(|| quintet_core::Error::internal("no query is open"))
    }

    /// The alias of the table that a path of the innermost scope leads to.
    pub(super) fn alias_at(&self, path: PathKey) -> Option<usize> {
        let scope = self.scopes.last()?;
        if path.is_root() {
            return scope.alias;
        }
        scope.joins.iter().find(|join| join.path == path).map(|join| join.alias)
    }

    /// Adds `t0.` or nothing.
    pub(super) fn qualifier(&mut self, alias: Option<usize>) {
        if let Some(alias) = alias {
            self.push("t");
            self.number(alias);
            self.push(".");
        }
    }

    /// Adds `"table" t0`, or just the table.
    pub(super) fn table(&mut self, model: &'static ModelMeta, alias: Option<usize>) -> Result {
        self.name(&model.identity()?.table);
        if let Some(alias) = alias {
            self.push(" AS t");
            self.number(alias);
        }
        Ok(())
    }

    /// Adds ` FROM` with the root and the joins of the innermost scope.
    pub(super) fn from(&mut self) -> Result {
        let (root, alias) = (self.root()?, self.alias_at(PathKey::ROOT));
        self.push(" FROM ");
        self.table(root, alias)?;
        let joins: Vec<Joined> = self.scopes.last().map(|scope| scope.joins.clone()).unwrap_or_default();
        for join in joins {
            let Some((owner, step)) = join.path.split() else { continue };
            self.push(if join.optional { " LEFT JOIN " } else { " JOIN " });
            self.table(join.model, Some(join.alias))?;
            self.push(" ON ");
            self.qualifier(Some(join.alias));
            let (owner_model, owner_alias) = (model_at(root, owner)?, self.alias_at(owner));
            let field = field_at(owner_model, step)?;
            // The foreign key is on the one side or on the other.
            let (there, here) = match field.relation {
                Relation::HasOne { via, .. } => (field_at(join.model, via)?, key_of(owner_model)?.1),
                _ => (key_of(join.model)?.1, field),
            };
            self.name(there.column);
            self.push(" = ");
            self.qualifier(owner_alias);
            self.name(here.column);
        }
        let ranked = self.scopes.last().map(|scope| scope.ranked.clone()).unwrap_or_default();
        ranked.iter().try_for_each(|ranked| self.join_ranked(ranked))
    }
}

impl Render {
    /// Refuses a query inside of another one that says another database.
    pub(super) fn said_database(&mut self, query: &Select) -> Result {
        let whole = self.using.get_or_insert_with(|| query.database.clone());
        match (&query.database, whole) {
            (Some(said), whole) if whole.as_ref() != Some(said) => Err(Error::internal(format!(
                "the query on {} says using(\"{said}\"), and is a part of one that {}: a statement sees one database. Say it \
                 of the whole, or ask the part first and go on with a list of keys",
                query.root.name,
                match whole {
                    Some(whole) => format!("says using(\"{whole}\")"),
                    None => "does not".to_owned(),
                }
            ))),
            _ => Ok(()),
        }
    }
}

/// Refuses what no statement can do: to look into two databases. `by` is the field that leads there.
fn same_database(one: &'static ModelMeta, other: &'static ModelMeta, by: Option<&str>) -> Result {
    if one.options.database == other.options.database {
        return Ok(());
    }
    let name = |model: &ModelMeta| model.options.database.unwrap_or(DEFAULT);
    let way = by.map(|field| format!(" (by {}.{field})", one.name)).unwrap_or_default();
    Err(Error::internal(format!(
        "{} lives in the database `{}`, and {} in `{}`{way}: a statement sees one database. Ask for the others in a query of \
         their own, by a list of keys",
        one.name,
        name(one),
        other.name,
        name(other)
    )))
}
