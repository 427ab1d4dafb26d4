//! Full-text search. What is typed is [read](crate::search::Query) as words, never as a query language of the database.

use super::{Col, Cond, Expr, Order};
use crate::{
    ast::{Node, PathKey, SearchAsk, SearchNode},
    field::{FieldType, TextLike},
    model::Model,
    path::Path,
    query::QuerySet,
    search::{Query, Snippet},
    table::Table,
};

/// Has the row what was typed? What is asked depends on the query alone, never the statement on what was typed: where nothing
/// must be there, what must not is looked for and left out.
pub(crate) fn search_matches(typed: &str) -> Node {
    let ask =
        |query| Node::Search(Box::new(SearchNode { path: PathKey::ROOT, query, ask: SearchAsk::Matches }));
    let query = Query::parse(typed);
    if !query.has_words() {
        return Node::Or(Vec::new());
    }
    match query.unwanted() {
        Some(unwanted) => Node::Not(Box::new(ask(unwanted))),
        None => ask(query),
    }
}

/// How well does the row answer?
pub(crate) fn search_rank(typed: &str) -> Node {
    let query = Query::parse(typed);
    Node::Search(Box::new(SearchNode { path: PathKey::ROOT, query, ask: SearchAsk::Rank }))
}

impl<M: Model> Table<M> {
    /// The rows that have what was typed in the fields of `#[model(search = [..])]`, the best first: see [`QuerySet::search`].
    pub fn search(self, typed: impl AsRef<str>) -> QuerySet<M> {
        self.query().search(typed)
    }

    /// Has the row what was typed? A condition as any other: `Film.filter(Film.matches(typed) | Film.tags.any(..))`.
    pub fn matches(self, typed: impl AsRef<str>) -> Cond<M> {
        Expr::from_node(search_matches(typed.as_ref()))
    }

    /// How well the row answers: the greater the better, 0 where it doesn't. Numbers of different searches, and of different
    /// databases, can't be compared.
    pub fn search_rank(self, typed: impl AsRef<str>) -> Expr<M, f64> {
        Expr::from_node(search_rank(typed.as_ref()))
    }
}

impl<M: Model, O> QuerySet<M, O> {
    /// Only rows that have what was typed in the fields of `#[model(search = [..])]`, the best first.
    ///
    /// Words must all be there, in any of the fields, in any case; `"a phrase"` as it stands; `begin*` the beginning of a word;
    /// `-not` must not; `this OR that`. Where nothing is typed, nothing is found.
    ///
    /// ```no_run
    /// # use quintet_orm::{prelude::*, search::Snippet};
    /// # #[model(app = "docs", search = ["title", "plot"])] pub struct Film { pub title: String, pub plot: String }
    /// # async fn show(db: &dyn Executor, typed: &str) -> Result {
    /// let found: Vec<(Film, Snippet)> =
    ///     Film.search(typed).annotate(Film.plot.snippet(typed)).limit(20).all(db).await?;
    /// for (film, snippet) in &found {
    ///     println!("{}: {}", film.title, snippet.to_html());
    /// }
    /// # Ok(()) }
    /// ```
    pub fn search(mut self, typed: impl AsRef<str>) -> Self {
        let typed = typed.as_ref();
        self = self.filter(Expr::from_node(search_matches(typed)));
        let key = Node::Column(PathKey::ROOT, M::meta().key().unwrap_or_default());
        self.order_by((Order::new(search_rank(typed), true), Order::new(key, false)))
    }
}

impl<M: Model, P: Path<Root = M>, T: FieldType> Col<P, T> {
    /// A part of the text around what was typed, with the words that were found marked. The field must be one of those of
    /// `#[model(search = [..])]`.
    pub fn snippet(self, typed: impl AsRef<str>) -> Expr<M, Snippet>
    where
        T: TextLike,
    {
        let (query, ask) = (Query::parse(typed.as_ref()), SearchAsk::Snippet(self.index));
        Expr::from_node(Node::Search(Box::new(SearchNode { path: P::KEY, query, ask })))
    }
}
