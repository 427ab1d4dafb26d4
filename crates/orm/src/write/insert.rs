//! One new row.

use std::panic::Location;

use quintet_core::{Error, Result, meta::ModelMeta};

use super::{
    draft::{RawDraft, Row},
    explain::explain_write,
    fits::check_fits,
    links::add_links,
};
use crate::{
    ast::{Comparison, Node, PathKey},
    decode::{Scales, sink::fetch},
    dialect::Dialect,
    executor::Executor,
    expr::Expr,
    field::FieldType,
    model::Model,
    query::QuerySet,
    sql::{Conflict, Render, decimal_places},
    stmt::{Access, Stmt},
};

/// What happens where a row with the same unique fields exists.
#[derive(Debug)]
pub(super) enum OnConflict {
    Refuse,
    Keep { by: Vec<u16> },
    Update { by: Vec<u16>, fields: Vec<u16> },
}

impl OnConflict {
    fn as_sql(&self) -> Conflict<'_> {
        match self {
            OnConflict::Refuse => Conflict::Refuse,
            OnConflict::Keep { by } => Conflict::Keep { by },
            OnConflict::Update { by, fields } => Conflict::Update { by, fields },
        }
    }
}

pub(super) async fn insert<M: Model>(
    draft: RawDraft,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<M> {
    match run::<M>(&draft, &OnConflict::Refuse, db, at).await? {
        Some(row) => Ok(row),
        None => Err(Error::database(format!("inserting a {} gave no row back", M::meta().name)).at(at)),
    }
}

pub(super) async fn or_get<M: Model>(
    draft: RawDraft,
    by: Vec<u16>,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<(M, bool)> {
    must_be_unique(M::meta(), &by, at)?;
    let mut condition = Vec::with_capacity(by.len());
    for index in &by {
        let column = Node::Column(PathKey::ROOT, *index);
        let value = draft.value(*index).map_err(|error| error.at(at))?;
        condition.push(Node::compare(Comparison::Eq, column, Node::Value(value)));
    }
    let existing = QuerySet::<M>::new().filter(Expr::from_node(Node::And(condition)));
    let conflict = OnConflict::Keep { by };
    // The second look finds the row of whoever was quicker; the third turn is for one that was deleted in between.
    for _ in 0..3 {
        if let Some(row) = existing.clone().limit(1).rows(db, at).await?.into_iter().next() {
            return Ok((row, false));
        }
        if let Some(row) = run::<M>(&draft, &conflict, db, at).await? {
            return Ok((row, true));
        }
    }
    Err(Error::database(format!("a {} keeps appearing and vanishing", M::meta().name)).at(at))
}

pub(super) async fn upsert<M: Model>(
    draft: RawDraft,
    conflict: OnConflict,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<M> {
    if let OnConflict::Update { by, .. } = &conflict {
        must_be_unique(M::meta(), by, at)?;
    }
    match run::<M>(&draft, &conflict, db, at).await? {
        Some(row) => Ok(row),
        None => Err(Error::database(format!("writing a {} gave no row back", M::meta().name)).at(at)),
    }
}

/// Inserts the row and its links; `None` if a row was kept instead.
async fn run<M: Model>(
    draft: &RawDraft,
    conflict: &OnConflict,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<Option<M>> {
    let row = draft.row().map_err(|error| error.at(at))?;
    if draft.links().next().is_none() {
        return write::<M>(row, conflict, db, at).await;
    }
    let tx = db.begin().await?;
    let Some(written) = write::<M>(row, conflict, &*tx, at).await? else { return Ok(None) };
    let owner = written.pk().encode();
    for (field, keys) in draft.links() {
        add_links(M::meta(), field, &owner, keys, &*tx, at).await?;
    }
    tx.commit().await?;
    Ok(Some(written))
}

async fn write<M: Model>(
    row: Row,
    conflict: &OnConflict,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<Option<M>> {
    let Row { fields, values } = row;
    let stmt = statement(M::meta(), &fields, &[values], conflict.as_sql(), db.dialect(), at)?;
    let rows = fetch(db, stmt, M::from_row, None)
        .await
        .map_err(|error| explain_write(error, M::meta(), &fields, at))?;
    Ok(rows.into_iter().next())
}

/// So many rows are written in no time.
const FEW: usize = 20;

/// The insert of rows that give the same fields, answering with whole rows.
pub(super) fn statement(
    meta: &'static ModelMeta,
    fields: &[u16],
    rows: &[Vec<Node>],
    conflict: Conflict<'_>,
    dialect: &'static Dialect,
    at: &'static Location<'static>,
) -> Result<(Stmt, Scales)> {
    let values = rows.iter().flat_map(|row| fields.iter().copied().zip(row));
    check_fits(meta, values, dialect).map_err(|error| error.at(at))?;
    let mut render = Render::new(dialect);
    render.insert(meta, fields, rows, conflict).map_err(|error| error.at(at))?;
    let mut stmt = render.finish(Access::Write)?.at(at);
    stmt.short = rows.len() <= FEW;
    Ok((stmt, row_scales(meta, dialect)))
}

/// The scales of a model's columns.
pub(crate) fn row_scales(meta: &'static ModelMeta, dialect: &Dialect) -> Scales {
    if !meta.columns().any(|(_, field)| decimal_places(field, dialect).is_some()) {
        return Scales::default();
    }
    meta.columns().map(|(_, field)| decimal_places(field, dialect).unwrap_or_default()).collect()
}

/// Refuses fields that do not identify a row, which the database would refuse with a riddle.
pub(super) fn must_be_unique(meta: &'static ModelMeta, by: &[u16], at: &'static Location<'static>) -> Result {
    let same = |set: &[u16]| set.len() == by.len() && set.iter().all(|index| by.contains(index));
    let single = match by {
        [one] => meta.field_at(*one).is_some_and(|field| field.unique),
        _ => false,
    };
    if single || same(meta.primary_key) || meta.unique_together.iter().any(|set| same(set)) {
        return Ok(());
    }
    let names: Vec<&str> =
        by.iter().filter_map(|index| meta.field_at(*index)).map(|field| field.name).collect();
    let (names, fix) = match names.as_slice() {
        [one] => ((*one).to_owned(), "#[field(unique)]".to_owned()),
        all => (all.join(", "), format!("unique_together = [\"{}\"] in #[model(..)]", all.join("\", \""))),
    };
    Err(Error::internal(format!("{} does not identify a {}: it needs {fix}", names, meta.name)).at(at))
}
