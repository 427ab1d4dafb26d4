//! Full-text search by name.

use quintet_core::Result;

use super::DynSet;
use crate::{
    ast::{Node, Nulls, OrderBy, PathKey},
    expr::{search_matches, search_rank},
    search::index_of,
};

impl DynSet {
    /// Only rows that have what was typed in the fields of the model's `search`, the best first: see
    /// [`QuerySet::search`](crate::QuerySet::search).
    ///
    /// # Errors
    /// Status 500: the model names no fields that are searched.
    #[track_caller]
    pub fn words(mut self, typed: &str) -> Result<Self> {
        let model = self.meta();
        index_of(model)?;
        self.select.add_filter(search_matches(typed));
        let by = |node, descending| OrderBy { node, descending, nulls: Nulls::Default };
        let key = Node::Column(PathKey::ROOT, model.key().unwrap_or_default());
        self.select.order = vec![by(search_rank(typed), true), by(key, false)];
        Ok(self)
    }

    /// Has the model fields that [`words`](Self::words) searches?
    #[must_use]
    pub fn has_words(&self) -> bool {
        index_of(self.meta()).is_ok()
    }
}
