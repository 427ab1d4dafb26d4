//! From a row to a struct: a [`Cursor`] walks over the columns, each field takes its own.
//!
//! Decoding happens where the driver pushes its rows, straight from its buffers ([`sink`]).
pub(crate) mod sink;
pub(crate) mod tap;

use std::any::Any;

use quintet_core::{Error, Result};

use crate::{field::FieldType, row::RowAccess};

/// The places behind the point of each selected column, where a database stores decimals as scaled integers;
/// empty where it doesn't, or where no decimal is selected.
pub type Scales = Box<[u8]>;

/// What decoding knows about the query: the scales, and the rows that came before.
#[derive(Default)]
pub struct DecodeCx {
    at: usize,
    label: &'static str,
    scales: Scales,
    peers: Option<Vec<(usize, Box<dyn PeerList>)>>,
}

/// Collects the keys of one foreign key's column over all rows, so that one query can load them all.
pub(crate) trait PeerList: Send {
    /// All rows were read: the keys are complete.
    fn finish(self: Box<Self>);

    /// As what it is.
    fn as_any(&mut self) -> &mut dyn Any;
}

impl DecodeCx {
    /// For the rows of a query.
    pub(crate) fn for_rows(scales: Scales) -> Self {
        DecodeCx { at: 0, label: "", scales, peers: Some(Vec::new()) }
    }

    /// For rows that are not kept: nothing is remembered about those before.
    pub(crate) fn for_single_rows(scales: Scales) -> Self {
        DecodeCx { at: 0, label: "", scales, peers: None }
    }

    /// The places behind the point of the column that is being read.
    pub(crate) fn places(&self) -> u8 {
        self.scales.get(self.at).copied().unwrap_or_default()
    }

    /// The list of keys of the column that is being read, made by `new` for the first row, from the label; `None` outside
    /// queries.
    pub(crate) fn peers(
        &mut self,
        new: fn(&'static str) -> Box<dyn PeerList>,
    ) -> Option<&mut (dyn PeerList + 'static)> {
        let at = self.at;
        let peers = self.peers.as_mut()?;
        let found = match peers.iter().position(|(column, _)| *column == at) {
            Some(found) => found,
            None => {
                peers.push((at, new(self.label)));
                peers.len() - 1
            }
        };
        peers.get_mut(found).map(|(_, list)| &mut **list)
    }

    /// The rows are read anew: what was remembered of them is forgotten.
    pub(crate) fn restart(&mut self) {
        if let Some(peers) = &mut self.peers {
            peers.clear();
        }
    }

    /// All rows were read.
    pub(crate) fn finish(&mut self) {
        for (_, list) in self.peers.take().into_iter().flatten() {
            list.finish();
        }
    }
}

/// Walks over the columns of a row.
pub struct Cursor<'a> {
    row: &'a dyn RowAccess,
    at: usize,
    cx: &'a mut DecodeCx,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(row: &'a dyn RowAccess, cx: &'a mut DecodeCx) -> Self {
        Cursor { row, at: 0, cx }
    }

    /// The next column, as a `T`.
    ///
    /// # Errors
    /// If there is no further column or it holds no `T`.
    #[inline]
    #[allow(clippy::should_implement_trait, reason = "each column has its own type")]
    pub fn next<T: FieldType>(&mut self) -> Result<T> {
        self.field("")
    }

    /// The next column, as the field `Model.field`: errors name it.
    ///
    /// # Errors
    /// If there is no further column or it holds no `T`.
    #[inline]
    pub fn field<T: FieldType>(&mut self, label: &'static str) -> Result<T> {
        let at = self.at;
        self.at += 1;
        self.cx.at = at;
        self.cx.label = label;
        match self.row.get(at).and_then(|value| T::decode(value, self.cx)) {
            Ok(value) => Ok(value),
            Err(error) => Err(explain(error, label, at)),
        }
    }

    /// Is the column `ahead` places further NULL?
    pub(crate) fn is_null(&self, ahead: usize) -> Result<bool> {
        Ok(self.row.get(self.at + ahead)?.is_null())
    }

    /// Leaves out columns.
    pub(crate) fn skip(&mut self, columns: usize) {
        self.at += columns;
    }
}

#[cold]
fn explain(error: Error, label: &str, at: usize) -> Error {
    let place = if label.is_empty() { format!("column {} of the answer", at + 1) } else { label.to_owned() };
    Error::database(format!("{place}: {error}"))
}
