//! Many new rows on their way into few statements: a draft becomes parameters at once, so that no more than these are kept.

use std::sync::Arc;

use quintet_core::{
    Error, FieldErrors, Result, Value,
    meta::{FieldDefault, FieldMeta, ModelMeta},
};

use super::{
    fits::refused,
    raw_draft::{RawDraft, Row},
};
use crate::{
    ast::Node,
    dialect::Dialect,
    expr::{AssignValue, RawAssign},
    sql::{decimal_places, kept},
    validate::{Glance, check},
};

/// Most rows of one statement. More of them save little, and each length is a statement of its own to be prepared: all but the
/// last have this one.
const ROWS: usize = 500;

/// Rows that give the same fields: one statement.
pub(super) struct Chunk {
    pub(super) fields: Arc<[u16]>,
    pub(super) rows: usize,
    pub(super) values: Values,
}

/// What the fields are set to, row by row.
pub(super) enum Values {
    /// Values in the form in which columns keep them.
    Kept(Vec<Value>),
    /// Expressions among them.
    Nodes(Vec<Vec<Node>>),
}

/// The many-to-many objects of a new row.
pub(super) struct NewLinks {
    /// The row's number, from 0.
    pub(super) row: usize,
    pub(super) field: u16,
    pub(super) keys: Vec<Value>,
}

/// Rows to be inserted.
pub(super) struct Batch {
    meta: &'static ModelMeta,
    dialect: &'static Dialect,
    form: Option<Form>,
    /// The values of one draft, whose place in memory the next one has again.
    given: Vec<Value>,
    open: Open,
    pub(super) chunks: Vec<Chunk>,
    pub(super) links: Vec<NewLinks>,
    rows: usize,
    /// What is wrong with the first row that is.
    error: Option<Error>,
}

/// The chunk that values are added to.
#[derive(Default)]
struct Open {
    fields: Arc<[u16]>,
    rows: usize,
    params: Vec<Value>,
}

/// What drafts that assign the same fields in the same order have in common.
pub(super) struct Form {
    given: Vec<u16>,
    pub(super) fields: Arc<[u16]>,
    pub(super) columns: Vec<Column>,
    /// Are the given values the columns', in their order?
    in_order: bool,
}

pub(super) struct Column {
    pub(super) field: &'static FieldMeta,
    pub(super) from: From,
    pub(super) glance: Glance,
    /// Does the column keep another form of its values?
    pub(super) scaled: bool,
}

/// Where a column's value comes from.
pub(super) enum From {
    Given(usize),
    Made(fn() -> Value),
    Nothing,
}

impl Form {
    pub(super) fn of(meta: &'static ModelMeta, sets: &[RawAssign], dialect: &Dialect) -> Form {
        let mut columns = Vec::new();
        let mut fields = Vec::new();
        for (index, field) in meta.columns() {
            // The last assignment wins.
            let given = sets.iter().rposition(|assign| assign.field == index);
            let from = match (given, field.default) {
                (Some(given), _) => From::Given(given),
                (None, _) if field.auto => continue,
                (None, FieldDefault::Value(make)) => From::Made(make),
                (None, FieldDefault::Database(_) | FieldDefault::Generated(_)) => continue,
                (None, FieldDefault::None) => field.on_save.map_or(From::Nothing, From::Made),
            };
            fields.push(index);
            let scaled = decimal_places(field, dialect).is_some();
            columns.push(Column { field, from, glance: Glance::of(field), scaled });
        }
        let given: Vec<u16> = sets.iter().map(|assign| assign.field).collect();
        Form { in_order: given == fields, given, fields: fields.into(), columns }
    }

    pub(super) fn is_of(&self, sets: &[RawAssign]) -> bool {
        self.given.len() == sets.len()
            && self.given.iter().zip(sets).all(|(field, assign)| *field == assign.field)
    }
}

/// Is it a value, and no expression?
fn is_value(assign: &RawAssign) -> bool {
    matches!(assign.value, AssignValue::Node(Node::Value(_)))
}

fn into_value(assign: RawAssign) -> Value {
    match assign.value {
        AssignValue::Node(Node::Value(value)) => value,
        _ => Value::Null,
    }
}

impl Batch {
    pub(super) fn new(meta: &'static ModelMeta, dialect: &'static Dialect) -> Batch {
        Batch {
            meta,
            dialect,
            form: None,
            given: Vec::new(),
            open: Open::default(),
            chunks: Vec::new(),
            links: Vec::new(),
            rows: 0,
            error: None,
        }
    }

    /// How many rows of this model one statement has if all its columns are given.
    pub(super) fn rows_at_once(meta: &ModelMeta, dialect: &Dialect) -> usize {
        (dialect.max_parameters / meta.columns().count().max(1)).clamp(1, ROWS)
    }

    /// Is a row wrong? No further ones are looked at then.
    pub(super) fn is_wrong(&self) -> bool {
        self.error.is_some()
    }

    /// The fields of its last rows, if these go by COPY, and further ones may without being made parameters.
    pub(super) fn copied(&self, dialect: &Dialect) -> Option<Arc<[u16]>> {
        let last = self.chunks.last().filter(|last| last.can_be_copied())?;
        // A model's own rules look at the row as a whole.
        let plain = self.meta.clean.is_none() && self.links.is_empty();
        (plain && dialect.copies_rows()).then(|| last.fields.clone())
    }

    /// How many rows there are.
    pub(super) fn len(&self) -> usize {
        self.rows
    }

    /// The batch, if all rows are right.
    ///
    /// # Errors
    /// Of kind `Invalid`, with all that is wrong with the first row that is.
    pub(super) fn checked(mut self) -> Result<Batch> {
        self.close();
        match self.error.take() {
            Some(error) => Err(error),
            None => Ok(self),
        }
    }

    /// Adds a row.
    pub(super) fn push(&mut self, draft: RawDraft) {
        if self.error.is_some() {
            return;
        }
        // A model's own rules look at the row as a whole.
        let plain = self.meta.clean.is_none() && draft.sets.iter().all(is_value);
        let added = if plain { self.push_values(draft.sets) } else { self.push_row(draft) };
        match added {
            Ok(()) => self.rows += 1,
            Err(error) => self.error = Some(error),
        }
    }

    fn push_values(&mut self, sets: Vec<RawAssign>) -> Result {
        let form = match self.form.take() {
            Some(form) if form.is_of(&sets) => form,
            _ => Form::of(self.meta, &sets, self.dialect),
        };
        let dialect = self.dialect;
        let mut errors = FieldErrors::new();
        let mut given = std::mem::take(&mut self.given);
        let params = self.room(&form.fields);
        // Moving values about costs more than looking at them: they go where they stay, and are looked at there.
        let start = params.len();
        let values = sets.into_iter().map(into_value);
        if form.in_order {
            params.extend(values);
        } else {
            given.clear();
            given.extend(values);
            params.extend(form.columns.iter().map(|column| match column.from {
                From::Given(place) => given.get_mut(place).map(std::mem::take).unwrap_or_default(),
                From::Made(make) => make(),
                From::Nothing => Value::Null,
            }));
        }
        for (Column { field, scaled, glance, .. }, value) in
            form.columns.iter().zip(params.get_mut(start..).unwrap_or_default())
        {
            if !glance.passes(value) {
                check(field, value, &mut errors);
            }
            if let Some(why) = refused(value, dialect) {
                errors.push(field.name, why);
            }
            if *scaled && errors.is_empty() {
                *value = kept(field, std::mem::take(value), dialect)?;
            }
        }
        (self.form, self.given) = (Some(form), given);
        errors.into_result()
    }

    fn push_row(&mut self, draft: RawDraft) -> Result {
        let Row { fields, values } = draft.row()?;
        let mut errors = FieldErrors::new();
        for (index, node) in fields.iter().zip(&values) {
            if let (Node::Value(value), Some(field)) = (node, self.meta.field_at(*index))
                && let Some(why) = refused(value, self.dialect)
            {
                errors.push(field.name, why);
            }
        }
        errors.into_result()?;
        for assign in draft.sets {
            if let AssignValue::Many(keys) = assign.value
                && !keys.is_empty()
            {
                self.links.push(NewLinks { row: self.rows, field: assign.field, keys });
            }
        }
        if values.iter().all(|node| matches!(node, Node::Value(_))) {
            let (meta, dialect) = (self.meta, self.dialect);
            let params = self.room(&fields);
            for (index, node) in fields.iter().zip(values) {
                if let (Node::Value(value), Some(field)) = (node, meta.field_at(*index)) {
                    params.push(kept(field, value, dialect)?);
                }
            }
            return Ok(());
        }
        self.close();
        let full = self.most(fields.len());
        match self.chunks.last_mut() {
            Some(Chunk { fields: same, rows, values: Values::Nodes(all) })
                if **same == *fields && *rows < full =>
            {
                all.push(values);
                *rows += 1;
            }
            _ => self.chunks.push(Chunk {
                fields: fields.into(),
                rows: 1,
                values: Values::Nodes(vec![values]),
            }),
        }
        Ok(())
    }

    /// Most rows of one statement with so many fields. A row without any is a statement of its own.
    fn most(&self, fields: usize) -> usize {
        (self.dialect.max_parameters / fields.max(1)).clamp(1, if fields == 0 { 1 } else { ROWS })
    }

    /// Where the values of a further row of these fields go.
    fn room(&mut self, fields: &[u16]) -> &mut Vec<Value> {
        if *self.open.fields != *fields || self.open.rows >= self.most(fields.len()) {
            // As many as the chunk before had are likely.
            let room = self.open.params.len();
            self.close();
            self.open = Open { fields: fields.into(), rows: 0, params: Vec::with_capacity(room) };
        }
        self.open.rows += 1;
        &mut self.open.params
    }

    /// The values that were gathered become a chunk.
    fn close(&mut self) {
        let Open { fields, rows, params } = std::mem::take(&mut self.open);
        if rows > 0 {
            self.chunks.push(Chunk { fields, rows, values: Values::Kept(params) });
        }
    }
}
