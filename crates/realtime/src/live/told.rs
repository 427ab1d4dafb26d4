//! What processes tell each other of a live model.

use bytes::Bytes;
use quintet_core::{Result, meta::ModelMeta};
use quintet_orm::change::{Batch, Change, Keys, What};
use serde::{Deserialize, Serialize};

use crate::hub::encode;

/// The topic of a model's changes. No channel has it, so no client joins it.
pub(super) fn topic(model: &ModelMeta) -> String {
    format!("quintet:live:{}", model.label())
}

/// What one transaction has done to the rows of one model.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Told {
    /// None if it is not known which rows, or they are too many: any may have changed.
    pub(super) changes: Option<Vec<Rows>>,
}

/// Rows to which the same was done.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Rows {
    /// Are they new? Only then nobody can have seen them before.
    pub(super) new: bool,
    /// As [`ModelMeta::key_text`] writes them.
    pub(super) keys: Vec<String>,
}

impl Told {
    /// Any row may have changed.
    pub(super) const ANY: Told = Told { changes: None };

    /// What a batch says of a model; none if nothing.
    pub(super) fn of(batch: &Batch, model: &'static ModelMeta) -> Option<Told> {
        let (mut changes, mut most) = (Vec::new(), Keys::MOST);
        for change in batch.changes() {
            for keys in sides(change, model).into_iter().flatten() {
                let rows = keys.known().and_then(|keys| {
                    most = most.checked_sub(keys.len())?;
                    let keys = keys.iter().map(|key| model.key_text(key)).collect::<Result<_>>().ok()?;
                    Some(Rows { new: change.what == What::Created, keys })
                });
                match rows {
                    Some(rows) => changes.push(rows),
                    None => return Some(Told::ANY),
                }
            }
        }
        (!changes.is_empty()).then_some(Told { changes: Some(changes) })
    }

    pub(super) fn data(&self) -> Result<Bytes> {
        encode(self)
    }

    /// What cannot be read, as of another version of the program, may be anything.
    pub(super) fn read(data: &[u8]) -> Told {
        serde_json::from_slice(data).unwrap_or(Told::ANY)
    }
}

/// The rows of the model that a change is about: of links it may be both sides.
fn sides<'c>(change: &'c Change, model: &ModelMeta) -> [Option<&'c Keys>; 2] {
    let own = (change.model == model).then_some(&change.keys);
    let other = change.models().nth(1).is_some_and(|other| other == model).then_some(&change.related);
    [own, other]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_understood_may_be_anything() {
        let told = Told { changes: Some(vec![Rows { new: true, keys: vec!["7".into()] }]) };
        let read = Told::read(&told.data().unwrap());
        assert_eq!(read.changes.unwrap().first().unwrap().keys, ["7"]);
        for data in [&b"{}"[..], b"", b"{\"changes\":null}", b"{\"changes\":[{\"keys\":[7]}]}", b"\xff"] {
            assert!(Told::read(data).changes.is_none());
        }
    }
}
