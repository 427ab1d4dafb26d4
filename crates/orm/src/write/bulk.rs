//! Many rows in few statements.

use std::panic::Location;

use quintet_core::{Error, FieldErrors, Result, Value, meta::ModelMeta};

use super::{
    Draft,
    draft::{RawDraft, Row},
    explain::explain_write,
    fits::refused,
    insert::{row_scales, statement},
    links::add_links,
};
use crate::{
    ast::Node,
    change::{Entry, Keys, What},
    decode::{
        sink::{rows_of, rows_sink},
        tap::Tap,
    },
    executor::Executor,
    key::Key,
    model::{Model, Record},
    row::RowSink,
    signal::{Ears, Moment, Rows},
    sql::{Conflict, Render, Returning},
    stmt::Access,
    validate::{check, own_rules},
};

/// Inserts drafts, all or none, in order.
pub(crate) async fn bulk_create<M: Model>(
    drafts: Vec<Draft<M>>,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<Vec<M>> {
    let drafts = drafts.into_iter().map(|draft| draft.raw).collect();
    let sink = rows_sink(row_scales(M::meta(), db.dialect()), M::from_row);
    rows_of(create(M::meta(), drafts, sink, db, at).await?)
}

/// A statement's fields and rows.
type Chunk = (Vec<u16>, Vec<Vec<Node>>);

async fn create(
    meta: &'static ModelMeta,
    mut drafts: Vec<RawDraft>,
    sink: Box<dyn RowSink>,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<Box<dyn RowSink>> {
    let ears = Ears::of(db, meta, &[Moment::Saving, Moment::Saved], at);
    let linked = drafts.iter().any(|draft| draft.links().next().is_some());
    if ears.is_none() {
        let chunks = chunks(&drafts, db, at)?;
        if chunks.len() <= 1 && !linked {
            let tap = Tap::new(meta, Returning::Rows).into(sink);
            return insert_chunks(meta, chunks, tap, db, at).await?.sink();
        }
    }
    let tx = db.begin().await?;
    if let Some(ears) = &ears {
        for draft in &mut drafts {
            let sets = std::mem::take(&mut draft.sets);
            draft.sets = ears.saving(&*tx, None, Vec::new(), sets).await?;
        }
    }
    let mut tap = Tap::new(meta, Returning::Rows).into(sink);
    if linked {
        tap = tap.keys(drafts.len());
    }
    if let Some(ears) = ears.as_ref().filter(|ears| ears.hear(Moment::Saved)) {
        tap = tap.copies(Some(ears.voice()), row_scales(meta, db.dialect()));
    }
    let chunks = chunks(&drafts, db, at)?;
    // Neighbours have mostly the same fields, so that few lists are kept.
    let fields: Vec<(usize, Vec<u16>)> =
        chunks.iter().map(|(fields, rows)| (rows.len(), fields.clone())).collect();
    let mut tap = insert_chunks(meta, chunks, tap, &*tx, at).await?;
    link(meta, &drafts, &tap.keys, &*tx, at).await?;
    if let Some(ears) = &ears {
        let mut copies = std::mem::take(&mut tap.copies).into_iter();
        for (count, fields) in fields {
            let rows = Rows { rows: copies.by_ref().take(count).collect(), created: true, fields };
            ears.rows(&*tx, Moment::Saved, &rows).await?;
        }
    }
    tx.commit().await?;
    tap.sink()
}

/// Drafts that give the same fields share a statement, as far as its parameters go.
fn chunks(drafts: &[RawDraft], db: &dyn Executor, at: &'static Location<'static>) -> Result<Vec<Chunk>> {
    let mut chunks: Vec<Chunk> = Vec::new();
    let most = db.dialect().max_parameters;
    for draft in drafts {
        let Row { fields, values } = draft.row().map_err(|error| error.at(at))?;
        match chunks.last_mut() {
            Some((same, rows))
                if *same == fields
                    && (rows.len() + 1) * fields.len().max(1) <= most
                    && !fields.is_empty() =>
            {
                rows.push(values);
            }
            _ => chunks.push((fields, vec![values])),
        }
    }
    Ok(chunks)
}

async fn insert_chunks(
    meta: &'static ModelMeta,
    chunks: Vec<Chunk>,
    mut tap: Tap,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<Tap> {
    for (fields, rows) in chunks {
        let (stmt, _) = statement(meta, &fields, &rows, Conflict::Refuse, db.dialect(), at)?;
        let entry = Entry::open(db, meta, What::Created, &[]);
        let before = tap.keys.len();
        tap = tap.keys(if entry.is_heard() { before + rows.len() } else { 0 });
        let written = tap.fetch(db, entry.stmt(stmt)).await;
        let new = |tap: &Tap| Some(Keys::of(tap.keys.get(before..).unwrap_or_default().to_vec()));
        let written = entry.close(written, new);
        tap = written.map_err(|error| explain_write(error, meta, &fields, at))?;
    }
    Ok(tap)
}

/// An owner's key and those of its objects.
type OwnerLinks<'a> = (&'a Value, &'a [Value]);

/// Adds the many-to-many objects of all rows, field by field.
async fn link(
    meta: &'static ModelMeta,
    drafts: &[RawDraft],
    owners: &[Value],
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result {
    let mut fields: Vec<(u16, Vec<OwnerLinks<'_>>)> = Vec::new();
    for (draft, owner) in drafts.iter().zip(owners) {
        for (field, keys) in draft.links() {
            match fields.iter_mut().find(|(other, _)| *other == field) {
                Some((_, links)) => links.push((owner, keys)),
                None => fields.push((field, vec![(owner, keys)])),
            }
        }
    }
    for (field, links) in fields {
        add_links(meta, field, &links, db, at).await?;
    }
    Ok(())
}

/// Writes some fields of many rows, all or none.
pub(crate) async fn bulk_update<M: Model>(
    rows: &[M],
    mut fields: Vec<u16>,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<u64> {
    let meta = M::meta();
    if rows.is_empty() || fields.is_empty() {
        return Ok(0);
    }
    // What is computed at each save is, unless it is among the fields.
    let touched: Vec<(u16, Value)> = meta
        .columns()
        .filter_map(|(index, field)| Some((index, field.on_save.filter(|_| !fields.contains(&index))?())))
        .collect();
    let mut errors = FieldErrors::new();
    let mut values: Vec<Vec<Value>> = Vec::with_capacity(rows.len());
    for row in rows {
        let mut one = match row.pk().to_key() {
            Value::List(parts) => parts,
            single => vec![single],
        };
        let (set, refused_by_model) = match meta.clean {
            None => Default::default(),
            Some(_) => {
                let all = meta
                    .columns()
                    .map(|(index, _)| (index, Record::value_at(row, index).unwrap_or_default()));
                let all: Vec<(u16, Value)> = all.collect();
                own_rules(meta, false, all.iter().map(|(index, value)| (*index, value)))
            }
        };
        errors.extend(refused_by_model);
        for index in &fields {
            let field = meta.field_at(*index).ok_or_else(|| Error::internal("no such field").at(at))?;
            let cleaned = set.iter().find(|(other, _)| other == index).map(|(_, value)| value.clone());
            let value = cleaned.or_else(|| Record::value_at(row, *index)).unwrap_or_default();
            check(field, &value, &mut errors);
            if let Some(why) = refused(&value, db.dialect()) {
                errors.push(field.name, why);
            }
            one.push(value);
        }
        one.extend(touched.iter().map(|(_, value)| value.clone()));
        values.push(one);
    }
    fields.extend(touched.iter().map(|(index, _)| *index));
    errors.into_result().map_err(|error| error.at(at))?;
    let chunk = (db.dialect().max_parameters / (fields.len() + M::Pk::WIDTH)).max(1);
    if values.len() <= chunk {
        return write_chunks::<M>(&[&values], &fields, db, at).await;
    }
    let chunks: Vec<&[Vec<Value>]> = values.chunks(chunk).collect();
    let tx = db.begin().await?;
    let changed = write_chunks::<M>(&chunks, &fields, &*tx, at).await?;
    tx.commit().await?;
    Ok(changed)
}

async fn write_chunks<M: Model>(
    chunks: &[&[Vec<Value>]],
    fields: &[u16],
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<u64> {
    let mut changed = 0;
    for rows in chunks {
        let meta = M::meta();
        let entry = Entry::open(db, meta, What::Updated, fields);
        let returning = if entry.is_heard() { Returning::Keys } else { Returning::Nothing };
        let mut render = Render::new(db.dialect());
        render.update_each(meta, fields, rows, returning).map_err(|error| error.at(at))?;
        let stmt = entry.stmt(render.finish(Access::Write)?.at(at));
        let written = if entry.is_heard() {
            let tap = Tap::new(meta, returning).keys_for_feed(true).fetch(db, stmt).await;
            entry.close(tap, Tap::feed_keys).map(|tap| tap.count)
        } else {
            entry.close(db.execute(stmt).await, |_| None)
        };
        changed += written.map_err(|error| explain_write(error, meta, fields, at))?;
    }
    Ok(changed)
}
