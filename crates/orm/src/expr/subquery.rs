//! Queries inside queries.

use super::{Cond, Expr, ExprOf};
use crate::{
    ast::{Node, OuterNode, PathKey},
    field::FieldType,
    model::Model,
    query::QuerySet,
};

/// In a subquery, an expression over the query around it.
///
/// ```
/// # use quintet_orm::prelude::*;
/// # #[model(app = "docs")] pub struct Film { pub title: String, pub votes: i32 }
/// # #[model(app = "docs")] pub struct Award { pub film: ForeignKey<Film>, pub votes: i32 }
/// // Films that won an award with more votes than they have themselves.
/// let of_film = Award.filter(Award.film.key().eq(outer(Film.id)));
/// let films = Film.filter(exists(of_film.filter(Award.votes.gt(outer(Film.votes)))));
/// # let _ = films;
/// ```
///
/// Used in a query that is not directly inside one on `M`, it is an error that says so when the query is run.
pub fn outer<M: Model, N, T>(expression: impl ExprOf<M, T>) -> Expr<N, T> {
    Expr::from_node(Node::Outer(Box::new(OuterNode {
        model: M::meta(),
        at: PathKey::ROOT,
        node: expression.into_node(),
    })))
}

/// Has this query any row? With [`outer`] in it, for each row of the query around it.
pub fn exists<M, S: Model, O>(query: QuerySet<S, O>) -> Cond<M> {
    Expr::from_node(Node::Exists(query.into_select()))
}

impl<S: Model, O: FieldType> QuerySet<S, O> {
    /// The first row's value as an expression in another query, `None` if there is no row:
    /// `Review.filter(Review.film.key().eq(outer(Film.id))).order_by(Review.stars.desc()).select(Review.text).scalar()`.
    pub fn scalar<M>(self) -> Expr<M, Option<O::Base>> {
        let mut select = self.into_select();
        select.limit = Some(select.limit.map_or(1, |limit| limit.min(1)));
        Expr::from_node(Node::Scalar(select))
    }
}
