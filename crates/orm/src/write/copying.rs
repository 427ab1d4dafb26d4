//! Rows that go to the database in its own form, straight from their drafts.

use std::{iter::Peekable, mem::ManuallyDrop, panic::Location, sync::Arc};

use quintet_core::{
    FieldErrors, Result, Value,
    meta::{FieldMeta, ModelMeta},
};

use super::{
    batch::{Form, From},
    explain::explain_write,
    fits::refused,
    raw_draft::{Drafts, RawDraft},
};
use crate::{
    ast::Node,
    change::{Entry, What},
    copied::{Asked, WriteRows, Written},
    dialect::Dialect,
    executor::Executor,
    expr::{AssignValue, RawAssign},
    sql,
    validate::check,
};

/// About how many bytes one COPY has. Each costs the server about as much as a thousand rows, and is kept in the memory twice
/// at most: while it is sent, and while the next one is written.
const SIZE: usize = 1024 * 1024;

/// After so many bytes other tasks have a turn.
const TURN: usize = 64 * 1024;

/// Rows of these fields, in the form that the database has told.
pub(super) struct Copying {
    meta: &'static ModelMeta,
    at: &'static Location<'static>,
    /// The fields that were asked about.
    fields: Arc<[u16]>,
    asked: Asked,
    /// What the drafts have in common, and whether they have just these fields.
    form: Option<(Form, bool)>,
    /// Values that no draft gives, of one row.
    made: Vec<Value>,
    /// How long the rows before were.
    size: usize,
}

/// Rows that are written and not sent yet.
pub(super) struct Ready<'a> {
    meta: &'static ModelMeta,
    at: &'static Location<'static>,
    fields: Arc<[u16]>,
    rows: Written,
    /// Whoever listens from now on has missed them.
    entry: Entry<'a>,
}

impl Copying {
    /// Rows of these fields, if the database has told in which form it copies them.
    pub(super) fn of(
        meta: &'static ModelMeta,
        fields: Arc<[u16]>,
        asked: Asked,
        at: &'static Location<'static>,
    ) -> Option<Copying> {
        asked.get()?;
        Some(Copying { meta, at, fields, asked, form: None, made: Vec::new(), size: TURN })
    }

    /// Writes the next rows: up to one that is not to be written so, because of its values or its fields, or because somebody
    /// wants to know its key. That one is for the usual way, which also finds out what is wrong.
    pub(super) async fn write<'a>(
        &mut self,
        drafts: &mut Peekable<Drafts<'_>>,
        db: &'a dyn Executor,
    ) -> Option<Ready<'a>> {
        let entry = Entry::open(db, self.meta, What::Created, &[]);
        if entry.is_heard() {
            return None;
        }
        let mut rows = self.asked.get()?.rows(self.size);
        let (empty, mut turn) = (rows.size(), TURN);
        while rows.size() < SIZE
            && let Some(draft) = drafts.peek()
            && self.row(draft, &mut *rows, db.dialect())
        {
            drafts.next().into_iter().for_each(let_go);
            if rows.size() > turn {
                turn = rows.size() + TURN;
                tokio::task::yield_now().await;
            }
        }
        if rows.size() == empty {
            return None;
        }
        // The next ones are likely to take as much.
        self.size = rows.size();
        let Copying { meta, at, ref fields, .. } = *self;
        Some(Ready { meta, at, fields: fields.clone(), rows: rows.done(), entry })
    }

    /// Writes a row, if nothing is wrong with it.
    fn row(&mut self, draft: &RawDraft, rows: &mut dyn WriteRows, dialect: &'static Dialect) -> bool {
        let Copying { meta, fields, form, made, .. } = self;
        let (form, fits) = match form {
            Some(form) if form.0.is_of(&draft.sets) => form,
            form => {
                let new = Form::of(meta, &draft.sets, dialect);
                let fits = new.fields == *fields && !new.columns.iter().any(|column| column.scaled);
                form.insert((new, fits))
            }
        };
        if !*fits {
            return false;
        }
        made.clear();
        made.extend(form.columns.iter().filter_map(|column| match column.from {
            From::Given(_) => None,
            From::Made(make) => Some(make()),
            From::Nothing => Some(Value::Null),
        }));
        let mut made = made.iter();
        let mut values = form.columns.iter().map_while(|column| {
            let value = match column.from {
                From::Given(place) => draft.sets.get(place).and_then(value_of),
                From::Made(_) | From::Nothing => made.next(),
            };
            value.filter(|value| column.glance.passes(value) || is_right(column.field, value, dialect))
        });
        rows.row(&mut values)
    }
}

impl Ready<'_> {
    /// Sends them.
    pub(super) async fn send(self, db: &dyn Executor) -> Result<u64> {
        let Ready { meta, at, fields, rows, entry } = self;
        let stmt = sql::copy_written(meta, &fields, rows, db.dialect()).map_err(|error| error.at(at))?;
        let written = entry.close(db.execute(stmt.at(at)).await, |_| None);
        written.map_err(|error| explain_write(error, meta, &fields, at))
    }
}

/// Drops a draft. That of common values is short, where the usual way asks of each what else it could be.
fn let_go(draft: RawDraft) {
    for assign in draft.sets {
        if let AssignValue::Node(Node::Value(value)) = assign.value {
            match value {
                Value::Text(text) => drop(text),
                // They own nothing.
                short @ (Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_)) => {
                    let _ = ManuallyDrop::new(short);
                }
                other => drop(other),
            }
        }
    }
}

/// The value that is given, if it is one and no expression.
fn value_of(assign: &RawAssign) -> Option<&Value> {
    match &assign.value {
        AssignValue::Node(Node::Value(value)) => Some(value),
        _ => None,
    }
}

/// Is nothing wrong with the value, at a closer look?
fn is_right(field: &FieldMeta, value: &Value, dialect: &Dialect) -> bool {
    let mut errors = FieldErrors::new();
    check(field, value, &mut errors);
    errors.is_empty() && refused(value, dialect).is_none()
}
