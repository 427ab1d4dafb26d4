//! Which objects are related: rows of a many-to-many's table, or foreign keys of the other side.

use std::panic::Location;

use quintet_core::{
    Error, Result, Value,
    meta::{FieldMeta, ModelMeta},
};

use super::{
    explain::{explain_link, explain_write},
    through,
    update::execute,
};
use crate::{
    ast::{Comparison, Node, PathKey, Select},
    change::{Entry, Keys, What},
    db::to_home,
    decode::{Scales, tap::Tap},
    dynamic::{values_of, values_sink},
    executor::Executor,
    expr::{AssignValue, RawAssign},
    key::key_in,
    relation::{Between, Link, link},
    signal::{self, Ears, LinkAction, Moment},
    sql::{Links, Render, Returning},
    stmt::{Access, Stmt},
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

impl LinkChange {
    fn action(&self) -> LinkAction {
        match self {
            LinkChange::Add(_) => LinkAction::Add,
            LinkChange::Set(_) => LinkAction::Set,
            LinkChange::Remove(_) => LinkAction::Remove,
            LinkChange::Clear => LinkAction::Clear,
        }
    }
}

/// Values for the fields of a model between, beside its two foreign keys.
#[derive(Clone, Debug)]
pub(crate) struct Extra {
    pub(crate) model: &'static ModelMeta,
    pub(crate) sets: Vec<RawAssign>,
}

/// Changes the objects related to `owner` by its field `field`.
pub(crate) async fn change_links(
    (meta, field): (&'static ModelMeta, u16),
    owner: Value,
    change: LinkChange,
    extra: Option<Extra>,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result {
    match link(meta, field)? {
        (child, Link::Key { via }) => {
            if let Some(extra) = extra {
                let name = meta.field_at(field).map_or("", |field| field.name);
                return Err(Error::internal(format!(
                    "{}.{name} goes through no table: .with({}.…) has no row to be written to",
                    meta.name, extra.model.name
                ))
                .at(at));
            }
            to_home!(db, child, at);
            change_keys(child, via, &owner, change, db, at).await
        }
        (other, Link::Table(between)) => {
            let table = LinkTable::new((meta, field), other, between, extra.as_ref());
            let table = table.map_err(|error| error.at(at))?;
            to_home!(db, table.model(), at);
            table.change(&owner, change, db, at).await
        }
    }
}

/// Adds rows of a many-to-many's table: to each owner, others.
pub(super) async fn add_links(
    meta: &'static ModelMeta,
    field: u16,
    links: &[(&Value, &[Value])],
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result {
    let (other, Link::Table(between)) = link(meta, field)? else {
        let name = meta.field_at(field).map_or("", |field| field.name);
        return Err(Error::internal(format!(
            "{}.{name} is no many-to-many: the other rows point here, give them their foreign key instead",
            meta.name
        ))
        .at(at));
    };
    let table = LinkTable::new((meta, field), other, between, None).map_err(|error| error.at(at))?;
    to_home!(db, table.model(), at);
    if table.ears(db, at).is_some() {
        for (owner, others) in links {
            table.change(owner, LinkChange::Add(others.to_vec()), db, at).await?;
        }
        return Ok(());
    }
    let pairs: Vec<(&Value, &Value)> =
        links.iter().flat_map(|(owner, others)| others.iter().map(move |other| (*owner, other))).collect();
    table.add(&pairs, db, at).await.map(drop)
}

/// Makes the objects of a many-to-many exactly these, for each owner, and tells no receiver.
pub(crate) async fn restore_links(
    meta: &'static ModelMeta,
    field: u16,
    links: Vec<(Value, Vec<Value>)>,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result {
    let (other, Link::Table(between)) = link(meta, field)? else {
        let name = meta.field_at(field).map_or("", |field| field.name);
        return Err(Error::internal(format!("{}.{name} is no many-to-many", meta.name)).at(at));
    };
    let table = LinkTable::new((meta, field), other, between, None).map_err(|error| error.at(at))?;
    let tx = db.begin().await?;
    for (owner, _) in &links {
        table.delete(owner, Links::All, false, &*tx, at).await?;
    }
    let pairs: Vec<(&Value, &Value)> =
        links.iter().flat_map(|(owner, others)| others.iter().map(move |other| (owner, other))).collect();
    if !pairs.is_empty() {
        table.add(&pairs, &*tx, at).await?;
    }
    tx.commit().await
}

/// A many-to-many's table, seen from an owner.
struct LinkTable<'a> {
    /// The relation as the caller knows it.
    relation: (&'static ModelMeta, u16),
    /// The relation where it is declared.
    declared: (&'static ModelMeta, u16),
    /// The fields that the two columns hold keys of: of the owner's model and of the other one.
    keys: [&'static FieldMeta; 2],
    between: Between,
    /// Values for the other fields of new rows, if the table has a model of the site's own.
    extra: Option<&'a Extra>,
}

impl<'a> LinkTable<'a> {
    fn new(
        relation: (&'static ModelMeta, u16),
        other: &'static ModelMeta,
        between: Between,
        extra: Option<&'a Extra>,
    ) -> Result<LinkTable<'a>> {
        if let Some(extra) = extra
            && between.model.is_none_or(|(model, ..)| model != extra.model)
        {
            let (meta, name) = (relation.0, relation.0.field_at(relation.1).map_or("", |field| field.name));
            let between = between.model.map_or("a table of its own", |(model, ..)| model.name);
            return Err(Error::internal(format!(
                "{}.{name} goes through {between}, not through {}: .with(..) takes columns of the model between",
                meta.name, extra.model.name
            )));
        }
        let key = |meta: &'static ModelMeta| {
            let key = meta.key().and_then(|index| meta.field_at(index));
            key.ok_or_else(|| Error::internal(format!("{} has no single key to be linked by", meta.name)))
        };
        let keys = [key(relation.0)?, key(other)?];
        Ok(LinkTable { relation, declared: between.declared, keys, between, extra })
    }

    /// The model whose database the table is in.
    fn model(&self) -> &'static ModelMeta {
        self.between.model.map_or(self.declared.0, |(model, ..)| model)
    }

    /// The columns in which the owner and the others stand: two ways round, if each pair is kept in both directions.
    fn ways(&self) -> Vec<(&'static str, &'static str)> {
        let Between { owner_column, related_column, symmetrical, .. } = self.between;
        match symmetrical {
            true => vec![(owner_column, related_column), (related_column, owner_column)],
            false => vec![(owner_column, related_column)],
        }
    }

    /// Is the owner a row of the model that does not declare the relation?
    fn is_reverse(&self) -> bool {
        self.relation != self.declared
    }

    /// Who hears of changes.
    fn ears(&self, db: &dyn Executor, at: &'static Location<'static>) -> Option<Ears> {
        Ears::of(db, self.declared.0, &[Moment::LinksChanging, Moment::LinksChanged], at)
    }

    async fn change(
        &self,
        owner: &Value,
        change: LinkChange,
        db: &dyn Executor,
        at: &'static Location<'static>,
    ) -> Result {
        if matches!(&change, LinkChange::Add(others) | LinkChange::Remove(others) if others.is_empty()) {
            return Ok(());
        }
        let Some(ears) = self.ears(db, at) else {
            return self.write(owner, &change, false, db, at).await.map(drop);
        };
        let tx = db.begin().await?;
        let (added, removed) = match &change {
            LinkChange::Add(others) | LinkChange::Set(others) => (others.clone(), Vec::new()),
            LinkChange::Remove(others) => (Vec::new(), others.clone()),
            LinkChange::Clear => (Vec::new(), Vec::new()),
        };
        let (field, reverse, action) = (self.declared.1, self.is_reverse(), change.action());
        let mut told = signal::Links { field, reverse, action, owner: owner.clone(), added, removed };
        ears.links(&*tx, Moment::LinksChanging, told.clone()).await?;
        let answer = ears.hear(Moment::LinksChanged);
        (told.added, told.removed) = self.write(owner, &change, answer, &*tx, at).await?;
        if !(told.added.is_empty() && told.removed.is_empty()) {
            ears.links(&*tx, Moment::LinksChanged, told).await?;
        }
        tx.commit().await
    }

    /// Changes the links, and gives the other sides of new and of vanished ones back, if asked.
    async fn write(
        &self,
        owner: &Value,
        change: &LinkChange,
        answer: bool,
        db: &dyn Executor,
        at: &'static Location<'static>,
    ) -> Result<(Vec<Value>, Vec<Value>)> {
        let gone = |others| self.delete(owner, others, answer, db, at);
        Ok(match change {
            LinkChange::Add(others) => {
                (self.add_telling(&pairs(owner, others), answer, db, at).await?, Vec::new())
            }
            LinkChange::Remove(others) => (Vec::new(), gone(Links::Of(others)).await?),
            LinkChange::Clear => (Vec::new(), gone(Links::All).await?),
            LinkChange::Set(others) => {
                let tx = db.begin().await?;
                let removed = self.delete(owner, Links::Except(others), answer, &*tx, at).await?;
                let added = self.add_telling(&pairs(owner, others), answer, &*tx, at).await?;
                tx.commit().await?;
                (added, removed)
            }
        })
    }

    async fn add(
        &self,
        pairs: &[(&Value, &Value)],
        db: &dyn Executor,
        at: &'static Location<'static>,
    ) -> Result<Vec<Value>> {
        self.add_telling(pairs, false, db, at).await
    }

    async fn add_telling(
        &self,
        pairs: &[(&Value, &Value)],
        answer: bool,
        db: &dyn Executor,
        at: &'static Location<'static>,
    ) -> Result<Vec<Value>> {
        if let Some((model, near, far)) = self.between.model {
            return self.add_rows(model, (near, far), pairs, db, at).await;
        }
        let chunk = (db.dialect().max_parameters / 2).max(1);
        if pairs.len() <= chunk && !self.between.symmetrical {
            return self.insert(pairs, answer, db, at).await;
        }
        let tx = db.begin().await?;
        let mut added = Vec::new();
        for pairs in pairs.chunks(chunk) {
            added.extend(self.insert(pairs, answer, &*tx, at).await?);
        }
        tx.commit().await?;
        Ok(added)
    }

    async fn insert(
        &self,
        pairs: &[(&Value, &Value)],
        answer: bool,
        db: &dyn Executor,
        at: &'static Location<'static>,
    ) -> Result<Vec<Value>> {
        if pairs.is_empty() {
            return Ok(Vec::new());
        }
        let mut added = None;
        for columns in self.ways() {
            let entry = Entry::open(db, self.declared.0, What::Links, &[self.declared.1]);
            let answer = answer || entry.is_heard();
            let mut render = Render::new(db.dialect());
            render.insert_links(self.between.table, columns, pairs, answer);
            let mut stmt = render.finish(Access::Write)?.at(at);
            stmt.short = pairs.len() <= 20;
            let written = self.run(stmt, answer, &entry, db).await;
            let written = written.map_err(|error| explain_link(error, self.relation, at))?;
            // The way back says the same.
            added.get_or_insert(written);
        }
        Ok(added.unwrap_or_default())
    }

    /// Adds rows of the model between, on each way, and gives the other sides of new ones back.
    async fn add_rows(
        &self,
        model: &'static ModelMeta,
        (near, far): (u16, u16),
        pairs: &[(&Value, &Value)],
        db: &dyn Executor,
        at: &'static Location<'static>,
    ) -> Result<Vec<Value>> {
        let entry = Entry::open(db, self.declared.0, What::Links, &[self.declared.1]);
        let added = async {
            let tx = db.begin().await?;
            let extra = self.extra.map(|extra| extra.sets.as_slice()).unwrap_or_default();
            let new = through::add(model, (near, far), pairs, extra, &*tx, at).await?;
            if self.between.symmetrical {
                through::add(model, (far, near), pairs, extra, &*tx, at).await?;
            }
            tx.commit().await?;
            Ok(new)
        };
        let new = entry.end(added.await, |new: &Vec<(Value, Value)>| {
            let (owners, others) = new.iter().cloned().unzip();
            (!new.is_empty()).then(|| self.sides(owners, others))
        })?;
        Ok(new.into_iter().map(|(_, other)| other).collect())
    }

    /// The keys of both sides, those of the declaring one first.
    fn sides(&self, mut owners: Vec<Value>, others: Vec<Value>) -> (Keys, Keys) {
        owners.dedup();
        let (owners, others) = (Keys::of(owners), Keys::of(others));
        if self.is_reverse() { (others, owners) } else { (owners, others) }
    }

    async fn delete(
        &self,
        owner: &Value,
        others: Links<'_>,
        answer: bool,
        db: &dyn Executor,
        at: &'static Location<'static>,
    ) -> Result<Vec<Value>> {
        if self.between.symmetrical {
            let tx = db.begin().await?;
            let gone = self.delete_ways(owner, others, answer, &*tx, at).await?;
            tx.commit().await?;
            return Ok(gone);
        }
        self.delete_ways(owner, others, answer, db, at).await
    }

    async fn delete_ways(
        &self,
        owner: &Value,
        others: Links<'_>,
        answer: bool,
        db: &dyn Executor,
        at: &'static Location<'static>,
    ) -> Result<Vec<Value>> {
        let mut gone = None;
        for columns in self.ways() {
            let entry = Entry::open(db, self.declared.0, What::Links, &[self.declared.1]);
            // Which rows of a model between go with the links is not asked.
            let rows = self.between.model.map(|(model, ..)| Entry::open(db, model, What::Deleted, &[]));
            let answer = answer || entry.is_heard();
            let mut render = Render::new(db.dialect());
            render.delete_links(self.between.table, columns, owner, others, answer)?;
            let stmt = render.finish(Access::Write)?.at(at);
            let deleted = self.run(stmt, answer, &entry, db).await;
            let deleted = match rows {
                Some(rows) => rows.close(deleted, |gone| (!gone.is_empty()).then_some(Keys::Unknown)),
                None => deleted,
            };
            let deleted = deleted.map_err(|error| error.at(at))?;
            // The way back says the same.
            gone.get_or_insert(deleted);
        }
        Ok(gone.unwrap_or_default())
    }

    /// Runs a statement that answers with both sides, if it is to, and gives the other sides back.
    async fn run(
        &self,
        stmt: Stmt,
        answer: bool,
        entry: &Entry<'_>,
        db: &dyn Executor,
    ) -> Result<Vec<Value>> {
        if !answer {
            return entry.close(db.execute(entry.stmt(stmt)).await, |_| None).map(|_| Vec::new());
        }
        let sink = values_sink(Scales::default(), self.keys.to_vec());
        let answered = db.fetch(entry.stmt(stmt), sink).await.and_then(values_of);
        let sides = |rows: &Vec<Vec<Value>>, side: usize| -> Vec<Value> {
            rows.iter().filter_map(|row| row.get(side).cloned()).collect()
        };
        let rows = entry
            .end(answered, |rows| (!rows.is_empty()).then(|| self.sides(sides(rows, 0), sides(rows, 1))))?;
        Ok(sides(&rows, 1))
    }
}

fn pairs<'a>(owner: &'a Value, others: &'a [Value]) -> Vec<(&'a Value, &'a Value)> {
    others.iter().map(|other| (owner, other)).collect()
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
    let entry = Entry::open(db, child, What::Updated, &[via]);
    let returning = if entry.is_heard() { Returning::Keys } else { Returning::Nothing };
    let mut render = Render::new(db.dialect());
    render.adopt(child, via, owner, &objects, only, returning).map_err(|error| error.at(at))?;
    let stmt = render.finish(Access::Write)?.at(at);
    let written = if entry.is_heard() {
        let tap = Tap::new(child, returning).keys_for_feed(true).fetch(db, entry.stmt(stmt)).await;
        entry.close(tap, Tap::feed_keys).map(drop)
    } else {
        entry.close(db.execute(stmt).await, |_| None).map(drop)
    };
    written.map_err(|error| explain_write(error, child, &[via], at))
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
        select.add_filter(key_in(child, objects));
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
