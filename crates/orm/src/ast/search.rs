//! Questions to the index of words.

use super::PathKey;

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

/// What is looked for, as it was typed: words that must all be there, `"a phrase"`, `begin*`, `-not this`, `this OR that`.
///
/// Whatever is typed is a query: unclosed quotes end at the end, signs alone say nothing.
///
/// ```
/// use quintet_orm::search::Query;
///
/// assert!(Query::parse("space \"no one\" al* -noir OR dune").has_words());
/// assert!(!Query::parse(" -- \"\" * OR ").has_words());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// One of these must match.
    pub groups: Vec<Group>,
}

/// Words that must all be there, and words that must not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// These must.
    pub all: Vec<Term>,
    /// These must not.
    pub not: Vec<Term>,
}

/// A word or a phrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// As it was typed.
    pub text: String,
    /// The beginning of a word.
    pub prefix: bool,
}
