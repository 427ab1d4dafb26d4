//! Questions to the index of words.

use super::PathKey;
use crate::search::Query;

/// What is asked of a model's index of words.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchNode {
    /// The walk to the model whose rows are searched.
    pub path: PathKey,
    /// What is looked for: something must be.
    pub query: Query,
    /// What is asked.
    pub ask: SearchAsk,
}

/// What is asked of an index of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchAsk {
    /// Has the row what was typed?
    Matches,
    /// How well does it answer?
    Rank,
    /// What stands around the words that were found, in this field?
    Snippet(u16),
}
