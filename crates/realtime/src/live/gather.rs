//! What has changed, by row, of all that came together.

use std::collections::HashMap;

use quintet_core::{Value, meta::ModelMeta};
use quintet_orm::change::Keys;

use super::{ear::Waited, told::Told};
use crate::layer::Position;

/// Rows to ask for.
pub(super) struct Gathered {
    /// Each row's key once, in the order in which they were told, and whether nothing is known of it but that it is new. None if it
    /// may be any rows.
    pub(super) rows: Option<Vec<(Value, bool)>>,
    pub(super) at: Position,
}

impl Gathered {
    pub(super) fn of(waited: Waited, model: &ModelMeta) -> Gathered {
        let rows = waited.told.and_then(|told| {
            let mut rows = HashMap::<String, (usize, bool)>::new();
            for data in told {
                for some in Told::read(&data).changes? {
                    for key in some.keys {
                        let next = rows.len();
                        let (_, new) = rows.entry(key).or_insert((next, true));
                        *new &= some.new;
                    }
                }
            }
            let mut rows: Vec<_> = rows.into_iter().collect();
            if rows.len() > Keys::MOST {
                return None;
            }
            rows.sort_unstable_by_key(|(_, (place, _))| *place);
            rows.into_iter().map(|(key, (_, new))| Some((model.parse_key(&key).ok()?, new))).collect()
        });
        Gathered { rows, at: waited.at }
    }
}
