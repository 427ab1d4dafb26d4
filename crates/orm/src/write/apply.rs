use quintet_core::Result;

use super::{Edit, Fill};
use crate::model::Model;

/// `new.apply(&mut edit)?`: what fills the fields of a new row changes those of one that there is.
///
/// Data of a model (`#[data(model = Film)]`) gives the fields that it has. Columns are set at once; the objects of many-to-many
/// relations take the place of those that there were when the row is saved, in the same transaction.
pub trait Apply<M: Model>: Fill<M> + Sized {
    /// Sets the fields.
    ///
    /// # Errors
    /// If a value is an expression, which only the database could compute.
    fn apply(self, row: &mut Edit<M>) -> Result {
        let mut given = Vec::new();
        self.fill(&mut given);
        row.take(given)
    }
}

impl<M: Model, F: Fill<M>> Apply<M> for F {}
