//! Which objects are related: rows of a many-to-many's table, or foreign keys of the other side.

use std::panic::Location;

use quintet_core::{Error, Result, Value, meta::ModelMeta};

use super::{
    explain::{explain_link, explain_write},
    update::execute,
};
use crate::{
    ast::{Comparison, Node, PathKey, Select},
    executor::Executor,
    expr::{AssignValue, RawAssign},
    relation::{Between, Link, link},
    sql::{Links, Render},
    stmt::Access,
};

/// A change of a set of related objects, by their keys.
#[derive(Debug)]
pub(crate) enum LinkChange {
    /// These too.
    Add(Vec<Value>),
    /// Exactly these.
    Set(Vec<Value>),
    /// Not these.
    Remove(Vec<Value>),
    /// None.
    Clear,
}

/// Changes the objects related to `owner` by its field `field`.
pub(crate) async fn change_links(
    meta: &'static ModelMeta,
    field: u16,
    owner: Value,
    change: LinkChange,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result {
    match link(meta, field)? {
        (child, Link::Key { via }) => change_keys(child, via, &owner, change, db, at).await,
        (_, Link::Table(between)) => {
            let table = LinkTable::new((meta, field), &between).map_err(|error| error.at(at))?;
            table.change(&owner, change, db, at).await
        }
    }
}

/// Adds rows of a many-to-many's table.
pub(super) async fn add_links(
    meta: &'static ModelMeta,
    field: u16,
    owner: &Value,
    others: &[Value],
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result {
    let (_, Link::Table(between)) = link(meta, field)? else {
        let name = meta.field_at(field).map_or("", |field| field.name);
        return Err(Error::internal(format!(
            "{}.{name} is no many-to-many: the other rows point here, give them their foreign key instead",
            meta.name
        ))
        .at(at));
    };
    LinkTable::new((meta, field), &between)?.add(owner, others, db, at).await
}

struct LinkTable {
    /// The relation as the caller knows it.
    relation: (&'static ModelMeta, u16),
    name: &'static str,
    owner_column: &'static str,
    related_column: &'static str,
}

impl LinkTable {
    fn new(relation: (&'static ModelMeta, u16), between: &Between) -> Result<Self> {
        let name = between.model.through_table(between.field)?;
        let Between { owner_column, related_column, .. } = *between;
        Ok(LinkTable { relation, name, owner_column, related_column })
    }

    async fn change(
        &self,
        owner: &Value,
        change: LinkChange,
        db: &dyn Executor,
        at: &'static Location<'static>,
    ) -> Result {
        match change {
            LinkChange::Add(others) => self.add(owner, &others, db, at).await,
            LinkChange::Remove(others) if others.is_empty() => Ok(()),
            LinkChange::Remove(others) => self.delete(owner, Links::Of(&others), db, at).await,
            LinkChange::Clear => self.delete(owner, Links::All, db, at).await,
            LinkChange::Set(others) => {
                let tx = db.begin().await?;
                self.delete(owner, Links::Except(&others), &*tx, at).await?;
                self.add(owner, &others, &*tx, at).await?;
                tx.commit().await
            }
        }
    }

    async fn add(
        &self,
        owner: &Value,
        others: &[Value],
        db: &dyn Executor,
        at: &'static Location<'static>,
    ) -> Result {
        let chunk = (db.dialect().max_parameters / 2).max(1);
        if others.len() <= chunk {
            return self.insert(owner, others, db, at).await;
        }
        let tx = db.begin().await?;
        for others in others.chunks(chunk) {
            self.insert(owner, others, &*tx, at).await?;
        }
        tx.commit().await
    }

    async fn insert(
        &self,
        owner: &Value,
        others: &[Value],
        db: &dyn Executor,
        at: &'static Location<'static>,
    ) -> Result {
        if others.is_empty() {
            return Ok(());
        }
        let mut render = Render::new(db.dialect());
        render.insert_links(self.name, (self.owner_column, self.related_column), owner, others);
        let mut stmt = render.finish(Access::Write)?.at(at);
        stmt.short = others.len() <= 20;
        db.execute(stmt).await.map(drop).map_err(|error| explain_link(error, self.relation, at))
    }

    async fn delete(
        &self,
        owner: &Value,
        others: Links<'_>,
        db: &dyn Executor,
        at: &'static Location<'static>,
    ) -> Result {
        let mut render = Render::new(db.dialect());
        render.delete_links(self.name, (self.owner_column, self.related_column), owner, others)?;
        let stmt = render.finish(Access::Write)?.at(at);
        db.execute(stmt).await.map(drop).map_err(|error| error.at(at))
    }
}

/// Changes the foreign key `via` of rows of `child`.
async fn change_keys(
    child: &'static ModelMeta,
    via: u16,
    owner: &Value,
    change: LinkChange,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result {
    let (objects, only) = match change {
        LinkChange::Add(objects) if objects.is_empty() => return Ok(()),
        LinkChange::Add(objects) => (objects, false),
        LinkChange::Set(objects) => (objects, true),
        LinkChange::Remove(objects) => return empty_keys(child, via, owner, Some(objects), db, at).await,
        LinkChange::Clear => return empty_keys(child, via, owner, None, db, at).await,
    };
    must_be_optional(child, via, only, at)?;
    let mut render = Render::new(db.dialect());
    render.adopt(child, via, owner, &objects, only).map_err(|error| error.at(at))?;
    let stmt = render.finish(Access::Write)?.at(at);
    db.execute(stmt).await.map(drop).map_err(|error| explain_write(error, child, &[via], at))
}

async fn empty_keys(
    child: &'static ModelMeta,
    via: u16,
    owner: &Value,
    objects: Option<Vec<Value>>,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result {
    must_be_optional(child, via, true, at)?;
    let mut select = Box::new(Select::new(child));
    let column = |index| Node::Column(PathKey::ROOT, index);
    select.add_filter(Node::compare(Comparison::Eq, column(via), Node::Value(owner.clone())));
    if let Some(objects) = objects {
        select.add_filter(Node::In(Box::new(column(child.key().unwrap_or_default())), objects));
    }
    let sets = vec![RawAssign { field: via, value: AssignValue::Node(Node::Value(Value::Null)) }];
    execute(select, sets, db, at).await.map(drop)
}

fn must_be_optional(
    child: &'static ModelMeta,
    via: u16,
    empties: bool,
    at: &'static Location<'static>,
) -> Result {
    match child.field_at(via) {
        Some(field) if empties && !field.null => Err(Error::internal(format!(
            "{}.{} can't be empty: delete the rows, or give them to another owner with .add(..)",
            child.name, field.name
        ))
        .at(at)),
        _ => Ok(()),
    }
}
