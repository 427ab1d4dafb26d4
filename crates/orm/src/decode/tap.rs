//! What a write wants to know of its rows besides giving them to whoever asked.

use std::any::Any;

use quintet_core::{Error, Result, Value, meta::ModelMeta};

use super::{Cursor, DecodeCx, Scales};
use crate::{
    change::Keys,
    dynamic::read_value,
    executor::Executor,
    model::Erased,
    row::{RowAccess, RowSink},
    signal::Voice,
    sql::Returning,
    stmt::Stmt,
};

/// Passes rows on to a sink, if there is one, counts them and remembers what it is told to.
pub(crate) struct Tap {
    pub(crate) inner: Option<Box<dyn RowSink>>,
    pub(crate) count: u64,
    /// The keys, in the order of the rows; of no more rows than asked for.
    pub(crate) keys: Vec<Value>,
    /// The rows for receivers.
    pub(crate) copies: Vec<Erased>,
    most: usize,
    /// Rows of earlier statements.
    base: u64,
    answer: Returning,
    meta: &'static ModelMeta,
    voice: Option<&'static Voice>,
    cx: DecodeCx,
}

impl Tap {
    pub(crate) fn new(meta: &'static ModelMeta, answer: Returning) -> Self {
        let (keys, copies, cx) = (Vec::new(), Vec::new(), DecodeCx::default());
        Tap { inner: None, count: 0, keys, copies, most: 0, base: 0, answer, meta, voice: None, cx }
    }

    /// What the statement is to answer with.
    pub(crate) fn answer(&self) -> Returning {
        self.answer
    }

    /// Passes the rows on to it.
    pub(crate) fn into(mut self, sink: Box<dyn RowSink>) -> Self {
        self.inner = Some(sink);
        self
    }

    /// Remembers the keys for the feed, up to one more than it takes.
    pub(crate) fn keys_for_feed(self, heard: bool) -> Self {
        if heard { self.keys(Keys::MOST + 1) } else { self }
    }

    /// Remembers the keys of at least this many rows.
    pub(crate) fn keys(mut self, most: usize) -> Self {
        self.most = self.most.max(most);
        self
    }

    /// Reads each row once more, for receivers.
    pub(crate) fn copies(mut self, voice: Option<&'static Voice>, scales: Scales) -> Self {
        self.voice = voice;
        self.cx = DecodeCx::for_single_rows(scales);
        self
    }

    /// Runs the statement.
    pub(crate) async fn fetch(mut self, db: &dyn Executor, stmt: Stmt) -> Result<Tap> {
        self.base = self.count;
        match db.fetch(stmt, Box::new(self)).await?.into_any().downcast::<Tap>() {
            Ok(tap) => Ok(*tap),
            Err(_) => Err(Error::internal("the driver gave back another sink than it was given")),
        }
    }

    /// The sink, again.
    pub(crate) fn sink(self) -> Result<Box<dyn RowSink>> {
        self.inner.ok_or_else(|| Error::internal("a write lost its rows"))
    }

    /// The keys for the feed.
    pub(crate) fn feed_keys(&self) -> Option<Keys> {
        (self.count > 0).then(|| Keys::of(self.keys.clone()))
    }
}

impl RowSink for Tap {
    fn push(&mut self, row: &dyn RowAccess) -> Result<bool> {
        self.count += 1;
        if self.keys.len() < self.most {
            self.keys.push(key(self.meta, self.answer, row, &mut self.cx)?);
        }
        if let Some(voice) = self.voice {
            self.copies.push(voice.read(&mut Cursor::new(row, &mut self.cx))?);
        }
        match &mut self.inner {
            Some(sink) => sink.push(row),
            None => Ok(true),
        }
    }

    fn restart(&mut self) -> bool {
        // Its rows can't be told from those of statements before.
        if self.base > 0 || !self.inner.as_mut().is_none_or(|sink| sink.restart()) {
            return false;
        }
        self.count = 0;
        self.keys.clear();
        self.copies.clear();
        true
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

/// The key of a row: one value, or a list of several.
fn key(meta: &'static ModelMeta, answer: Returning, row: &dyn RowAccess, cx: &mut DecodeCx) -> Result<Value> {
    let mut parts = Vec::with_capacity(meta.primary_key.len());
    for (position, index) in meta.primary_key.iter().enumerate() {
        let field = meta.field_at(*index).ok_or_else(|| Error::internal("no such field"))?;
        let position = match answer {
            Returning::Keys | Returning::Nothing => position,
            Returning::Rows => meta.columns().position(|(other, _)| other == *index).unwrap_or_default(),
        };
        let mut cursor = Cursor::new(row, cx);
        cursor.skip(position);
        parts.push(read_value(field, &mut cursor)?);
    }
    match parts.len() {
        1 => Ok(parts.pop().unwrap_or_default()),
        _ => Ok(Value::List(parts)),
    }
}
